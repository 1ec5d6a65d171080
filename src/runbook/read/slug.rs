//! Anchors of headings, as GitHub makes them.

use std::collections::HashMap;

/// The slugs of a page: a heading that is there twice gets a number, the next one that no other heading has.
#[derive(Debug, Default)]
pub struct Slugs(HashMap<String, usize>);

impl Slugs {
    /// The slug of the next heading, and whether another heading has its words.
    pub fn next(&mut self, title: &str) -> (String, bool) {
        let slug = slug(title);
        let count = self.0.get(&slug).copied();
        // What stands before all headings has the empty slug.
        if count.is_none() && !slug.is_empty() {
            self.0.insert(slug.clone(), 1);
            return (slug, false);
        }
        let mut nth = count.unwrap_or(1);
        let unique = loop {
            let candidate = format!("{slug}-{nth}");
            nth += 1;
            if !self.0.contains_key(&candidate) {
                break candidate;
            }
        };
        self.0.insert(slug, nth);
        self.0.insert(unique.clone(), 1);
        (unique, count.is_some())
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
            // Neither has another's.
            ("CI/CD Pipeline 1", "cicd-pipeline-1-1"),
            ("CI/CD Pipeline", "cicd-pipeline-2"),
            ("}", "-1"),
        ] {
            assert_eq!(slugs.next(title).0, expected);
        }
    }
}
