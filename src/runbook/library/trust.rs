//! Which pages may run: those that are built in, those of directories that are trusted, and those whose very text was trusted once.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Whether the steps of a page may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    BuiltIn,
    /// Its directory is trusted.
    Directory,
    /// Its text was trusted.
    Text,
    /// It was trusted, and has changed since.
    Changed,
    Not,
}

impl Trust {
    pub fn may_run(self) -> bool {
        matches!(self, Self::BuiltIn | Self::Directory | Self::Text)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::BuiltIn => "built in",
            Self::Directory => "directory trusted",
            Self::Text => "trusted",
            Self::Changed => "CHANGED since it was trusted",
            Self::Not => "not trusted",
        }
    }
}

/// The texts that were trusted: `trust.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trusted {
    #[serde(rename = "page")]
    pub pages: Vec<TrustedPage>,
}

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedPage {
    /// Where it was, absolute.
    pub path: String,
    pub sha256: String,
    /// RFC 3339.
    pub at: String,
}

/// More are not kept; the oldest goes.
const MOST: usize = 1000;

impl Trusted {
    /// Whether a page at this place with this text may run. The same text at another place may, too.
    pub fn judge(&self, path: &str, hash: &str) -> Trust {
        if self.pages.iter().any(|page| page.sha256 == hash) {
            Trust::Text
        } else if self.pages.iter().any(|page| page.path == path) {
            Trust::Changed
        } else {
            Trust::Not
        }
    }

    /// Trusts a text; what was trusted at its place is not any more.
    pub fn add(&mut self, path: &str, hash: &str, at: &str) {
        self.pages.retain(|page| page.path != path);
        self.pages.push(TrustedPage {
            path: path.to_owned(),
            sha256: hash.to_owned(),
            at: at.to_owned(),
        });
        let over = self.pages.len().saturating_sub(MOST);
        self.pages.drain(..over);
    }
}

/// SHA-256 of a page's text, in hexadecimal.
pub fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_trusted_by_its_text_and_change_is_seen() {
        let mut trusted = Trusted::default();
        let (old, new) = (fingerprint("# A"), fingerprint("# B"));
        assert_eq!(trusted.judge("/a.md", &old), Trust::Not);
        trusted.add("/a.md", &old, "2026-11-28T00:00:00Z");
        assert_eq!(trusted.judge("/a.md", &old), Trust::Text);
        assert_eq!(trusted.judge("/elsewhere.md", &old), Trust::Text);
        assert_eq!(trusted.judge("/a.md", &new), Trust::Changed);
        trusted.add("/a.md", &new, "2026-11-28T00:00:00Z");
        assert_eq!(
            trusted.judge("/a.md", &old),
            Trust::Changed,
            "what it was before is not trusted any more"
        );
        let text = toml::to_string(&trusted).unwrap();
        assert_eq!(toml::from_str::<Trusted>(&text).unwrap(), trusted);
    }
}
