//! Continue tokens: the version that a list began at, and the last object that was told. They have the form of a
//! real server's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::sim::kube::Status;
use crate::sim::store::Key;

/// Where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub rv: u64,
    /// The next page begins after this object.
    pub namespace: String,
    pub name: String,
}

impl Token {
    pub fn after(key: &Key, rv: u64) -> Self {
        Self {
            rv,
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
        }
    }

    pub fn write(&self) -> String {
        let start = format!("{}/{}\u{0}", self.namespace, self.name);
        URL_SAFE_NO_PAD.encode(json!({"v": "meta.k8s.io/v1", "rv": self.rv, "start": start}).to_string())
    }

    /// Reads what a client sent back.
    ///
    /// # Errors
    /// 400: it is none of ours.
    pub fn read(text: &str) -> Result<Self, Status> {
        let invalid = |why: &str| Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"));
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|e| invalid(&e.to_string()))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| invalid(&e.to_string()))?;
        let rv = value["rv"].as_u64().filter(|rv| *rv > 0);
        let start = value["start"].as_str().and_then(|s| s.strip_suffix('\u{0}')?.split_once('/'));
        match (rv, start) {
            (Some(rv), Some((namespace, name))) if value["v"] == "meta.k8s.io/v1" => Ok(Self {
                rv,
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(invalid("incorrect encoded start resourceVersion")),
        }
    }

    /// Whether an object is on a later page.
    pub fn is_before(&self, key: &Key) -> bool {
        (self.namespace.as_str(), self.name.as_str()) < (&*key.namespace, &*key.name)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_comes_back_as_it_went() {
        let token = Token::after(&Key::new("pods", "shop", "a"), 1234);
        assert_eq!(Token::read(&token.write()), Ok(token.clone()));
        assert!(!token.is_before(&Key::new("pods", "shop", "a")));
        assert!(token.is_before(&Key::new("pods", "shop", "a0")) && token.is_before(&Key::new("pods", "tools", "")));
        // A cluster-wide object has no namespace.
        let node = Token::after(&Key::new("nodes", "", "n1"), 1);
        assert_eq!(Token::read(&node.write()), Ok(node));
    }

    proptest! {
        #[test]
        fn what_is_no_token_is_refused(text in "\\PC*") {
            prop_assert_eq!(Token::read(&text).map_err(|s| s.code).err(), Some(400));
        }
    }
}
