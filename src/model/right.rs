//! One right of RBAC, as the server is asked for it (SelfSubjectAccessReview), and what it answered.

/// One verb on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Right {
    pub verb: &'static str,
    pub group: String,
    pub resource: String,
    /// Empty: the object itself.
    pub subresource: &'static str,
    /// Empty: outside namespaces.
    pub namespace: String,
    /// Empty: any name.
    pub name: String,
}

/// What the server says of a right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Why not, where it says.
    Denied(String),
}

impl Right {
    /// The same for objects of any name.
    #[must_use]
    pub fn of_any_name(&self) -> Self {
        Self {
            name: String::new(),
            ..self.clone()
        }
    }

    /// As short as it is clear beside a key: `patch deployments/scale`.
    pub fn short(&self) -> String {
        match self.subresource {
            "" => format!("{} {}", self.verb, self.resource),
            sub => format!("{} {}/{sub}", self.verb, self.resource),
        }
    }
}

impl std::fmt::Display for Right {
    /// `patch deployments.apps/scale in solia`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        if !self.namespace.is_empty() {
            write!(f, " in {}", self.namespace)?;
        }
        Ok(())
    }
}
