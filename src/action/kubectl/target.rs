//! Objects as kubectl's lines name them: `kind`, `kind name…`, `kind/name…`, `kind,kind`, and selectors.

use std::ops::Range;

use super::super::{KindName, Nodes, Piece, Ref, Target, Which, Word};
use super::Fault;
use super::flags::Args;
use super::words::Spanned;
use crate::model::Known;

/// What a kind without names and selectors means to a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// All objects of the kind.
    All,
    /// Nothing: names, a selector or `--all` are needed.
    Refused,
}

/// The objects that the words from some on name, with the selectors among the flags; `example` is a line that would do.
pub fn target(args: &Args, words: &[Spanned], bare: Bare, example: &str) -> Result<Target, Fault> {
    let Some((first, names)) = words.split_first() else {
        return Err(args.missing("to know what: a kind, and a name", example));
    };
    let which = which(args)?;
    if first.word.contains('/') {
        no_selector(args, &which)?;
        let refs = words.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
        return named(args, refs);
    }
    let kinds = kinds(first)?;
    if !names.is_empty() {
        no_selector(args, &which)?;
        if let Some(wrong) = names.iter().find(|name| name.word.contains('/')) {
            let fault = Fault::new(
                wrong.span.clone(),
                format!("`{}` is a kind and a name, after a kind", wrong.word.said()),
            );
            return Err(fault.hint("either `kind name name` or `kind/name kind/name`"));
        }
        names
            .iter()
            .try_for_each(|spanned| checked(&spanned.word, &spanned.span, "name of an object"))?;
        let refs = kinds
            .iter()
            .flat_map(|kind| names.iter().map(|name| Ref::new(kind.clone(), name.word.clone())));
        return named(args, refs.collect());
    }
    match which {
        Some(which) => Ok(Target::Kinds { kinds, which }),
        None if bare == Bare::All => Ok(Target::Kinds { kinds, which: Which::All }),
        None if first.word.is_open() => Ok(Target::Open(first.word.clone())),
        None => {
            let message = format!("`{}` needs to know which of the {}", args.verb, first.word.said());
            Err(Fault::new(args.end..args.end, message).hint(format!("a name or a selector, as in kubectl {example}")))
        }
    }
}

/// Objects by name. In all namespaces a name says nothing, but for kinds that live outside of them.
fn named(args: &Args, refs: Vec<Ref>) -> Result<Target, Fault> {
    let lives_in_one = |object: &Ref| matches!(object.kind, KindName::Known(known) if known.info().namespaced);
    match refs.iter().any(lives_in_one) {
        true => one_namespace(args).map(|()| Target::Named(refs)),
        false => Ok(Target::Named(refs)),
    }
}

/// Refuses `-A`, where something is named that lives in one namespace.
pub fn one_namespace(args: &Args) -> Result<(), Fault> {
    if !args.has("all-namespaces") {
        return Ok(());
    }
    let Some(flag) = args.last("all-namespaces") else { return Ok(()) };
    match args.on("all-namespaces")? {
        true => Err(Fault::new(flag.span.clone(), "a name and all namespaces exclude each other").hint("say which namespace, with -n")),
        false => Ok(()),
    }
}

/// Which objects the flags select, where any does.
fn which(args: &Args) -> Result<Option<Which>, Fault> {
    let word = |flag| if args.has(flag) { args.word(flag) } else { None };
    let (labels, fields) = (word("selector"), word("field-selector"));
    let all = args.has("all") && args.on("all")?;
    if all && (labels.is_some() || fields.is_some()) {
        let span = args.last("all").map_or(args.end..args.end, |all| all.span.clone());
        return Err(Fault::new(span, "`--all` and a selector exclude each other").hint("leave one of them out"));
    }
    Ok(match (labels, fields) {
        (None, None) => all.then_some(Which::All),
        (labels, fields) => Some(Which::Matching { labels, fields }),
    })
}

/// Refuses selectors where objects are named.
fn no_selector(args: &Args, which: &Option<Which>) -> Result<(), Fault> {
    if which.is_none() {
        return Ok(());
    }
    let given = ["selector", "field-selector", "all"]
        .into_iter()
        .filter(|flag| args.has(flag))
        .find_map(|flag| args.last(flag));
    let span = given.map_or(args.end..args.end, |given| given.span.clone());
    Err(Fault::new(span, "names and a selector exclude each other").hint("leave one of them out"))
}

/// Kinds with commas between them.
fn kinds(spanned: &Spanned) -> Result<Vec<KindName>, Fault> {
    let words = spanned.word.split(',');
    words.iter().try_for_each(|word| checked(word, &spanned.span, "kind of object"))?;
    Ok(words.into_iter().map(KindName::of).collect())
}

/// Refuses what can be no name: it would become a part of a URL. Servers are stricter, each kind in its own way.
pub fn checked(word: &Word, span: &Range<usize>, what: &str) -> Result<(), Fault> {
    let fits = word.pieces().iter().all(|piece| match piece {
        Piece::Text(text) => text.chars().all(|c| c.is_ascii_alphanumeric() || "-._:@".contains(c)),
        Piece::Variable(_) | Piece::Blank(_) => true,
    });
    let ends = [word.start().chars().next(), word.end().chars().last()];
    if fits && !word.is_empty() && ends.iter().flatten().all(char::is_ascii_alphanumeric) {
        return Ok(());
    }
    let message = match word.is_empty() {
        true => format!("a {what} is missing here"),
        false => format!("`{}` is no {what}", word.said()),
    };
    Err(Fault::new(span.clone(), message).hint("one has letters and digits, and `-` and `.` between them"))
}

/// `kind/name`.
pub fn pair(spanned: &Spanned) -> Result<Ref, Fault> {
    let fault = |message: String| Fault::new(spanned.span.clone(), message);
    let said = spanned.word.said();
    let Some((kind, name)) = spanned.word.split_once('/') else {
        return Err(fault(format!("`{said}` has no kind")).hint(format!("as in deployment/{said}")));
    };
    if kind.is_empty() || name.is_empty() || name.contains('/') || kind.contains(',') {
        return Err(fault(format!("`{said}` is no kind and name")).hint("as in deployment/web"));
    }
    checked(&kind, &spanned.span, "kind of object")?;
    checked(&name, &spanned.span, "name of an object")?;
    Ok(Ref {
        kind: KindName::of(kind),
        name,
    })
}

/// `kind/name`, or the name alone of an object whose kind the verb has.
pub fn pair_or(spanned: &Spanned, kind: Known) -> Result<Ref, Fault> {
    if spanned.word.contains('/') {
        return pair(spanned);
    }
    checked(&spanned.word, &spanned.span, "name of an object")?;
    Ok(Ref::new(kind, spanned.word.clone()))
}

/// One object, as all words say: `kind/name`, or `kind name`.
pub fn one(args: &Args, example: &str) -> Result<Ref, Fault> {
    let target = target(args, &args.words, Bare::Refused, example)?;
    match target {
        Target::Named(refs) if refs.len() == 1 => refs.into_iter().next().ok_or_else(|| args.missing("a name", example)),
        Target::Open(word) => {
            let fault = Fault::new(args.end..args.end, format!("`{}` needs a kind and a name", args.verb));
            Err(fault.hint(format!("as in deployment/{}", word.said())))
        }
        _ => {
            let span = args.words.last().map_or(args.end..args.end, |word| word.span.clone());
            Err(Fault::new(span, format!("`{}` is for one object at a time", args.verb)).hint(format!("as in kubectl {example}")))
        }
    }
}

/// Nodes: by name, or by the flags.
pub fn nodes(args: &Args, words: &[Spanned], example: &str) -> Result<Nodes, Fault> {
    let which = which(args)?;
    if words.is_empty() {
        return match which {
            Some(Which::Matching { labels: Some(labels), .. }) => Ok(Nodes::Labelled(labels)),
            Some(_) => Ok(Nodes::All),
            None => Err(args.missing("to know which node", example)),
        };
    }
    no_selector(args, &which)?;
    let name =
        |spanned: &Spanned| {
            let node = pair_or(spanned, Known::Node)?;
            match node.kind.is(Known::Node) || node.kind.singular().is_open() {
                true => Ok(node.name),
                false => Err(Fault::new(spanned.span.clone(), format!("`{}` is no node", spanned.word.said()))
                    .hint(format!("as in kubectl {example}"))),
            }
        };
    words.iter().map(name).collect::<Result<_, _>>().map(Nodes::Named)
}
