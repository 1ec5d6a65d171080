//! All pages that there are: built in, and of the user's directories; and which of them may run.

mod built_in;
mod coverage;
mod trust;

pub use built_in::BUILT_IN;
pub use coverage::{AlertRule, Uncovered, alert_rules, page_of_url, section_of_url, uncovered};
pub use trust::{Trust, Trusted, TrustedPage, fingerprint};

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::flaw::{Flaw, Rule};
use super::page::Runbook;
use super::read::parse;

/// A page, with what is known of its file.
#[derive(Clone, Debug)]
pub struct Shelved {
    pub book: Arc<Runbook>,
    /// What reading found.
    pub flaws: Vec<Flaw>,
    pub origin: Place,
    /// SHA-256 of its text, in hexadecimal.
    pub hash: String,
    pub trust: Trust,
}

impl Shelved {
    /// Reads a page.
    pub fn read(name: &str, text: &str, origin: Place, trust: Trust) -> Self {
        let (book, mut flaws) = parse(name, text);
        flaws.sort();
        Self {
            flaws,
            hash: fingerprint(text),
            origin,
            trust,
            book: Arc::new(book),
        }
    }
}

/// A page that is still text.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The stem of its file.
    pub name: String,
    pub text: String,
    pub origin: Place,
    pub trust: Trust,
}

/// Where a page is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    BuiltIn,
    File(PathBuf),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => write!(f, "{}", crate::model::clean(&path.display().to_string())),
        }
    }
}

/// The pages, in the order in which they are offered: the user's own first.
#[derive(Clone, Debug, Default)]
pub struct Library {
    pages: Vec<Shelved>,
    names: HashMap<String, usize>,
    /// What is odd about the collection itself, each a sentence.
    pub told: Vec<String>,
}

impl Library {
    /// The pages that the program brings.
    pub fn built_in() -> Self {
        let mut library = Self::default();
        let page = |(name, text): &(&str, &str)| Unread {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            origin: Place::BuiltIn,
            trust: Trust::BuiltIn,
        };
        let pages: Vec<Unread> = BUILT_IN.iter().map(page).collect();
        library.add_all(&pages);
        library
    }

    /// Takes a page in. One that hides another of its name is told; of two of the user's own, the first stays.
    pub fn add(&mut self, name: &str, text: &str, origin: Place, trust: Trust) {
        self.put(Shelved::read(name, text, origin, trust));
    }

    /// Takes many pages in, in this order. Reading is what takes its time: it is done on all cores.
    pub fn add_all(&mut self, pages: &[Unread]) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = pages.len().div_ceil(cores).max(1);
        let read = |pages: &[Unread]| -> Vec<Shelved> {
            let one = |page: &Unread| Shelved::read(&page.name, &page.text, page.origin.clone(), page.trust);
            pages.iter().map(one).collect()
        };
        let shelved: Vec<Vec<Shelved>> = std::thread::scope(|scope| {
            let mut shares = pages.chunks(share);
            let mine = shares.next();
            let others: Vec<_> = shares.map(|share| scope.spawn(move || read(share))).collect();
            let first = mine.map(read);
            // Reading does not panic; of one that did all the same, the pages are missing, and nothing else.
            let others = others.into_iter().filter_map(|other| other.join().ok());
            first.into_iter().chain(others).collect()
        });
        shelved.into_iter().flatten().for_each(|page| self.put(page));
    }

    fn put(&mut self, shelved: Shelved) {
        if let Some(other) = self.names.get(&*shelved.book.name).and_then(|at| self.pages.get(*at)) {
            let hides = other.origin == Place::BuiltIn && shelved.origin != Place::BuiltIn;
            if !hides {
                self.told.push(format!(
                    "{} has the name of {}, which is taken instead",
                    shelved.origin, other.origin
                ));
                return;
            }
            self.told
                .push(format!("{} stands for the built-in page {}", shelved.origin, shelved.book.name));
        }
        self.take(shelved);
    }

    /// Takes a page in that is meant, whichever else has its name.
    pub fn take(&mut self, shelved: Shelved) {
        let name = shelved.book.name.to_string();
        match self.names.get(&name).copied() {
            Some(at) => {
                if let Some(place) = self.pages.get_mut(at) {
                    *place = shelved;
                }
            }
            None => {
                self.names.insert(name, self.pages.len());
                self.pages.push(shelved);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Shelved> {
        self.pages.iter()
    }

    pub fn len(&self) -> usize {
        self.pages.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The page of this name; upper and lower case, `.md` and a `-runbook` at the end do not matter.
    pub fn get(&self, name: &str) -> Option<&Shelved> {
        let exact = self.names.get(name).and_then(|at| self.pages.get(*at));
        exact.or_else(|| {
            let wanted = bare(name);
            self.pages.iter().find(|page| bare(&page.book.name) == wanted)
        })
    }

    /// All names.
    pub fn names(&self) -> Vec<&str> {
        self.pages.iter().map(|page| &*page.book.name).collect()
    }

    /// Links of one page that lead to none.
    pub fn dead_links(&self, book: &Runbook) -> Vec<Flaw> {
        let names = self.names();
        let known = super::lint::Known {
            books: Some(&names),
            ..super::lint::Known::default()
        };
        let all = super::lint::lint(book, Vec::new(), &known);
        all.into_iter().filter(|flaw| flaw.rule == Rule::Linked).collect()
    }
}

/// A name as links and addresses spell it.
pub fn bare(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".md").unwrap_or(&name);
    let name = name.strip_prefix("alert-name-").unwrap_or(name);
    name.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::lint::{Known, lint};

    #[test]
    fn every_page_that_is_shipped_keeps_every_rule() {
        let library = Library::built_in();
        assert_eq!(library.told, Vec::<String>::new());
        assert_eq!(library.len(), BUILT_IN.len());
        let names = library.names();
        let known = Known {
            books: Some(&names),
            ..Known::default()
        };
        let mut all = Vec::new();
        for page in library.iter() {
            let flaws = lint(&page.book, page.flaws.clone(), &known);
            all.extend(flaws.iter().map(|flaw| format!("runbooks/{}.md:{flaw}", page.book.name)));
        }
        assert_eq!(all, Vec::<String>::new(), "{}", all.join("\n"));
    }

    #[test]
    fn every_page_that_is_shipped_says_whom_to_call_and_what_it_is_for() {
        for page in Library::built_in().iter() {
            let book = &page.book;
            assert!(
                book.front.is_oncall && !book.front.escalate.is_empty() && book.contacts.len() > 1,
                "{}",
                book.name
            );
            assert!(book.description.len() > 20 && book.front.budget.is_some(), "{}", book.name);
            assert!(!book.steps.is_empty(), "{}", book.name);
        }
    }

    #[test]
    fn a_page_of_the_users_own_stands_for_the_built_in_one() {
        let mut library = Library::built_in();
        let count = library.len();
        let file = |name: &str| Place::File(PathBuf::from(name));
        library.add("pod-crashloop", "# Ours\n", file("/a/pod-crashloop.md"), Trust::Not);
        library.add("pod-crashloop", "# Theirs\n", file("/b/pod-crashloop.md"), Trust::Not);
        assert_eq!(
            (library.len(), library.get("Pod-Crashloop.md").unwrap().book.title.as_str()),
            (count, "Ours")
        );
        assert_eq!(
            library.told,
            [
                "/a/pod-crashloop.md stands for the built-in page pod-crashloop",
                "/b/pod-crashloop.md has the name of /a/pod-crashloop.md, which is taken instead",
            ]
        );
    }
}
