//! What went wrong, as one plain sentence and a hint, ready to be shown where the user looks.

/// A failure of something outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ProblemKind,
    /// One sentence without a full stop, harmless to print: `connection refused by 10.0.0.1:6443`.
    pub text: Box<str>,
    /// What to do about it; may be empty.
    pub hint: Box<str>,
}

/// What sort of failure it is: what the screen says first, and whether waiting helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// No connection: refused, no route, no such host, cut.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The certificate or the handshake is not acceptable.
    Tls,
    /// The credentials are missing, expired or refused (401), or the plugin that makes them failed.
    Login,
    /// Not allowed (403): the text names verb and resource.
    Denied,
    /// There is no such object or resource.
    NotFound,
    /// The server asks us to slow down (429), or is overloaded.
    Throttled,
    /// An answer that is not what it should be (HTML, truncated, garbage).
    BadAnswer,
    /// The configuration or kubeconfig is at fault.
    Config,
    /// Anything else that the server said.
    Server,
}

impl Problem {
    /// A problem with its sentence; text from outside is cleaned and cut to a readable length.
    pub fn new(kind: ProblemKind, text: impl AsRef<str>) -> Self {
        let text = super::clean(text.as_ref().trim());
        Self {
            kind,
            text: super::shorten(&text, 300).into(),
            hint: "".into(),
        }
    }

    /// The same for what must be told whole, as what a policy of the cluster has against a change: up to 4000 characters.
    pub fn whole(kind: ProblemKind, text: impl AsRef<str>) -> Self {
        let text = super::clean(text.as_ref().trim());
        Self {
            kind,
            text: super::shorten(&text, 4000).into(),
            hint: "".into(),
        }
    }

    /// The same, with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Box<str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The word that a pane's title says.
    pub fn word(&self) -> &'static str {
        match self.kind {
            ProblemKind::Unreachable => "unreachable",
            ProblemKind::TimedOut => "timed out",
            ProblemKind::Tls => "TLS error",
            ProblemKind::Login => "login needed",
            ProblemKind::Denied => "denied",
            ProblemKind::NotFound => "not found",
            ProblemKind::Throttled => "throttled",
            ProblemKind::BadAnswer => "bad answer",
            ProblemKind::Config => "misconfigured",
            ProblemKind::Server => "server error",
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)?;
        if !self.hint.is_empty() {
            write!(f, " ({})", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
