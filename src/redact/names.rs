//! Which names say that their value is secret: `DB_PASSWORD`, `apiKey`, `github-token`; but not
//! `secretName`, `TOKEN_URL` or `passwordFile`, which only point at one and help on call.

/// Whether a field, variable or key of this name is likely to hold a secret.
pub fn is_secret_name(name: &str) -> bool {
    if !may_be_secret(name.as_bytes()) {
        return false;
    }
    // Helm's `checksum/secret` tells when a secret changed, and nothing about it.
    if name.contains("checksum") {
        return false;
    }
    // `vault.hashicorp.com/token` is about its last part; the domain is not the name.
    let name = name.rsplit('/').next().unwrap_or(name);
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if words.len() > 1 && POINTERS.contains(&last.as_str()) {
        return false;
    }
    let joined = words.concat().replace("secretsmanager", "");
    PARTS.iter().any(|part| joined.contains(part))
        || words.iter().any(|w| w.ends_with("token") || WORDS.contains(&w.as_str()))
        // `PWD` alone is the working directory.
        || words.len() > 1 && words.iter().any(|w| w == "pwd") && words != ["old", "pwd"]
}

/// Whether there are letters in a name that could be a secret's; a quick look, because most names are none. Borders of
/// words may stand anywhere, so it is one for a few letters in a row, which [`PARTS`] and [`WORDS`] begin or end with.
fn may_be_secret(name: &[u8]) -> bool {
    name.iter().enumerate().any(|(at, byte)| {
        let rest = name.get(at..).unwrap_or_default();
        let begins = |word: &[u8]| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        match byte.to_ascii_lowercase() {
            b'p' => begins(b"pa") || begins(b"pw"),
            b's' => begins(b"se") || begins(b"si"),
            b't' => begins(b"to"),
            b'c' => begins(b"cr") || begins(b"co"),
            b'k' => begins(b"ke"),
            b'j' => begins(b"jw"),
            b'a' => begins(b"au") || begins(b"am"),
            byte => !byte.is_ascii(),
        }
    })
}

/// Whether a *number* under this name would be a secret too (a port named `tokens` would not).
pub fn is_password_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_secret_name(name)
        && ["password", "passwd", "passphrase", "passcode", "pwd"]
            .iter()
            .any(|p| lower.contains(p))
}

/// Anywhere in the name, word borders removed.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "authkey",
    "accountkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
    "licensekey",
    "amzsignature",
];

/// A whole word of the name.
const WORDS: &[&str] = &["pass", "jwt", "cookie", "authorization"];

/// Last words that make the name a pointer to a secret, or a property of one.
const POINTERS: &[&str] = &[
    "name",
    "names",
    "namespace",
    "ref",
    "refs",
    "reference",
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "dir",
    "directory",
    "mount",
    "url",
    "uri",
    "endpoint",
    "host",
    "type",
    "kind",
    "mode",
    "seconds",
    "minutes",
    "ttl",
    "expiry",
    "expires",
    "expired",
    "expiration",
    "policy",
    "enabled",
    "disabled",
    "required",
    "optional",
    "length",
    "size",
    "count",
    "algorithm",
    "audience",
    "issuer",
    "version",
    "class",
    "manager",
    "store",
    "provider",
    "controller",
    "webhook",
    "operator",
    "region",
    "arn",
    "selector",
    "status",
    "state",
    "error",
    "reason",
    "review",
    "reviews",
    "volume",
    "cache",
    "created",
    "updated",
    "age",
];

/// The words of a name, in lower case: `dbPassword`, `DB_PASSWORD` and `db-password` are the same two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| chars.get(j)).copied().unwrap_or(' ');
        let after = chars.get(i + 1).copied().unwrap_or(' ');
        let border = c.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && after.is_lowercase());
        if (border || !c.is_alphanumeric()) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_names_of_pointers_to_them() {
        for name in [
            "DB_PASSWORD",
            "PGPASSWORD",
            "apiKey",
            "API_KEY",
            "x-api-key",
            "github-token",
            "authToken",
            "client_secret",
            "spring.datasource.password",
            "AWS_SECRET_ACCESS_KEY",
            "tls.privateKey",
            "REDIS_PASS",
            "DB_PWD",
            "JWT",
            "SECRET_ID",
            "vault.hashicorp.com/token",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "secretName",
            "secretKeyRef",
            "PASSWORD_FILE",
            "TOKEN_URL",
            "tokenExpirationSeconds",
            "checksum/secret",
            "PWD",
            "OLDPWD",
            "max_tokens",
            "tokenizer",
            "key",
            "name",
            "",
            "///",
            "secretsmanager",
            "compass",
            "image",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert!(is_password_name("dbPassword") && !is_password_name("token"));
    }
}
