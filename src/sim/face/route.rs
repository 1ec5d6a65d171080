//! Which requests go wrong.

use super::Request;

/// What a request is about, as far as faults need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Plural of the resource: `pods`.
    pub resource: Option<String>,
    /// Whether one object is named, rather than a collection.
    pub single: bool,
}

/// Which requests go wrong.
#[derive(Clone, Debug, Default)]
pub struct Route {
    prefix: String,
    resource: Option<String>,
    method: Option<String>,
    only: Only,
    left: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Only {
    #[default]
    Any,
    Watches,
    Lists,
}

impl Route {
    /// Every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests whose path begins so.
    pub fn path(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    /// Requests for a resource, by its plural, in any group, version and namespace.
    pub fn resource(plural: &str) -> Self {
        Self {
            resource: Some(plural.to_owned()),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Watches only.
    #[must_use]
    pub fn watches(mut self) -> Self {
        self.only = Only::Watches;
        self
    }

    /// Lists only: collections that are not watched.
    #[must_use]
    pub fn lists(mut self) -> Self {
        self.only = Only::Lists;
        self
    }

    /// The first `n` requests that match; the fault is spent after them.
    #[must_use]
    pub fn times(mut self, n: usize) -> Self {
        self.left = Some(n);
        self
    }

    /// Whether it is about this request. Counts, when the number of times is limited.
    pub(super) fn take(&mut self, request: &Request, subject: &Subject) -> bool {
        let hit = self.fits(request, subject);
        if hit && let Some(left) = &mut self.left {
            *left -= 1;
        }
        hit
    }

    /// Whether it would be about this request.
    pub(super) fn fits(&self, request: &Request, subject: &Subject) -> bool {
        self.left != Some(0)
            && request.path.starts_with(&self.prefix)
            && self.method.as_ref().is_none_or(|m| *m == request.method)
            && self.resource.as_ref().is_none_or(|r| subject.resource.as_ref() == Some(r))
            && match self.only {
                Only::Any => true,
                Only::Watches => request.is_watch(),
                Only::Lists => !request.is_watch() && subject.resource.is_some() && !subject.single,
            }
    }
}
