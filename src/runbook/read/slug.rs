//! Anchors of headings, as GitHub makes them.

use std::collections::HashMap;

/// The slugs of a page: a heading that is there twice gets a number.
#[derive(Debug, Default)]
pub struct Slugs(HashMap<String, usize>);

impl Slugs {
    /// The slug of the next heading, and whether another heading has its words.
    pub fn next(&mut self, title: &str) -> (String, bool) {
        let slug = slug(title);
        let count = self.0.entry(slug.clone()).or_insert(0);
        let nth = *count;
        *count += 1;
        match nth {
            0 => (slug, false),
            nth => (format!("{slug}-{nth}"), true),
        }
    }
}

/// `Is memory at the limit?` is `is-memory-at-the-limit`.
pub fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    for c in title.trim().chars() {
        match c {
            ' ' => out.push('-'),
            '-' | '_' => out.push(c),
            c if c.is_alphanumeric() => out.extend(c.to_lowercase()),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_github() {
        let mut slugs = Slugs::default();
        for (title, expected) in [
            ("Is memory at the limit?", "is-memory-at-the-limit"),
            ("Monitoring & Observability", "monitoring--observability"),
            ("CI/CD Pipeline", "cicd-pipeline"),
            ("Try the port without `pg_isready`", "try-the-port-without-pg_isready"),
            ("Élan vital", "élan-vital"),
            ("CI/CD Pipeline", "cicd-pipeline-1"),
        ] {
            assert_eq!(slugs.next(title).0, expected);
        }
    }
}
