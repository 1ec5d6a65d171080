//! Which server the face plays.

/// A version of the API server. The world behind it is the same; what is served, and in which versions, differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 1.20: plain discovery only, beta CronJobs, no streaming lists.
    V1_20,
    /// 1.36: aggregated discovery, streaming lists, everything in its stable version.
    V1_36,
}

impl Version {
    /// Minor version number.
    pub fn minor(self) -> u32 {
        match self {
            Self::V1_20 => 20,
            Self::V1_36 => 36,
        }
    }

    /// `1.20` or `1.36`, as on the command line.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "1.20" => Some(Self::V1_20),
            "1.36" => Some(Self::V1_36),
            _ => None,
        }
    }
}
