//! What the sources of a book are called: as short as tells them apart.

use std::collections::{BTreeSet, HashMap};

use crate::model::{PodStream, Stream};
use crate::store::book::{Book, Source, SourceId};

/// Widest name on the screen.
const WIDEST: usize = 24;

/// Names by source.
#[derive(Debug, Default)]
pub struct Names {
    short: Vec<String>,
    /// How wide the widest is; 0 where there is but one source, which needs none.
    pub width: u16,
}

impl Names {
    /// Names the sources anew where one has come.
    pub fn settle(&mut self, book: &Book) {
        if self.short.len() == book.sources().len() {
            return;
        }
        let parts: Vec<(String, String)> = book.sources().iter().map(parts).collect();
        // A group has no lines but those of its streams: its own name tells nothing apart.
        let writes = |(source, parts): (&Source, _)| (!source.is_group()).then_some(parts);
        let writers: Vec<&(String, String)> = book.sources().iter().zip(&parts).filter_map(writes).collect();
        let pods: BTreeSet<&str> = writers.iter().map(|(pod, _)| pod.as_str()).collect();
        let containers: BTreeSet<&str> = writers.iter().map(|(_, container)| container.as_str()).collect();
        let tails = tails(&pods);
        let name = |(pod, container): &(String, String)| {
            let pod_name = tails.get(pod.as_str()).copied().unwrap_or(pod);
            match (pods.len() > 1, containers.len() > 1 && !container.is_empty()) {
                (true, true) => format!("{pod_name}/{container}"),
                (false, true) => container.clone(),
                _ => pod_name.to_owned(),
            }
        };
        let short = |(source, parts): (&Source, &(String, String))| if source.is_group() { String::new() } else { cut(&name(parts)) };
        self.short = book.sources().iter().zip(&parts).map(short).collect();
        let written = || self.short.iter().zip(book.sources()).filter(|(_, source)| !source.is_group());
        let distinct: BTreeSet<&String> = written().map(|(name, _)| name).collect();
        let widest = written().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        self.width = if distinct.len() > 1 {
            u16::try_from(widest).unwrap_or(0)
        } else {
            0
        };
    }

    /// The short name of a source.
    pub fn short(&self, id: SourceId) -> &str {
        self.short.get(usize::from(id.0)).map_or("", String::as_str)
    }

    /// Which colour a source has: the same for all runs of a container.
    pub fn colour(&self, id: SourceId) -> usize {
        let own = self.short(id);
        self.short.iter().position(|name| name == own).unwrap_or(0)
    }

    /// The whole name of a source.
    pub fn full(&self, book: &Book, id: SourceId) -> String {
        let (pod, container) = book.source(id).map(parts).unwrap_or_default();
        if container.is_empty() { pod } else { format!("{pod}/{container}") }
    }
}

/// Pod and container, or what stands for them.
fn parts(source: &Source) -> (String, String) {
    match (&source.stream, &source.branch) {
        (Stream::Container(key), _) => (key.pod.to_string(), key.container.to_string()),
        (Stream::Group(key), Some(branch)) => match PodStream::read(branch) {
            Some(of) => (of.pod.to_owned(), of.container.to_owned()),
            None => (branch.to_string(), key.group.rsplit('/').next().unwrap_or_default().to_owned()),
        },
        (Stream::Group(key), None) => (key.group.to_string(), String::new()),
        (Stream::File(path), _) if &**path == "-" => ("stdin".to_owned(), String::new()),
        (Stream::File(path), _) => {
            let name = path.rsplit('/').next().unwrap_or(path);
            (name.to_owned(), String::new())
        }
    }
}

/// Each name from the first dash on behind which no two are the same any more.
fn tails<'a>(names: &BTreeSet<&'a str>) -> HashMap<&'a str, &'a str> {
    if names.len() < 2 {
        return names.iter().map(|name| (*name, *name)).collect();
    }
    let first = names.first().copied().unwrap_or_default();
    let last = names.last().copied().unwrap_or_default();
    let common = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
    // Sorted: what the first and the last share, all share. Only whole words of it are left out.
    let cut = first.get(..common).and_then(|shared| shared.rfind('-')).map_or(0, |at| at + 1);
    names
        .iter()
        .map(|name| (*name, name.get(cut..).filter(|tail| !tail.is_empty()).unwrap_or(name)))
        .collect()
}

fn cut(name: &str) -> String {
    let length = name.chars().count();
    if length <= WIDEST {
        return name.to_owned();
    }
    // What tells names apart mostly stands at their end.
    name.chars().skip(length - WIDEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_names_share_is_left_out() {
        let names = BTreeSet::from(["backend-deployment-759bfcd9c-k4kjr", "backend-deployment-759bfcd9c-ss2t6"]);
        let tails = tails(&names);
        assert_eq!(tails["backend-deployment-759bfcd9c-k4kjr"], "k4kjr");
        let apart = BTreeSet::from(["postgres-0", "redis-1"]);
        assert_eq!(super::tails(&apart)["redis-1"], "redis-1");
        let one = BTreeSet::from(["postgres-0"]);
        assert_eq!(super::tails(&one)["postgres-0"], "postgres-0");
    }
}
