//! A page as the few things that matter here: headings, paragraphs, callouts, fences, lists and tables, in their order.

use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::super::page::{Alarm, Callout};

/// One of them, with its line (counted from 1).
#[derive(Debug)]
pub struct Element<'a> {
    pub line: usize,
    pub what: What<'a>,
}

#[derive(Debug)]
pub enum What<'a> {
    Heading {
        level: u8,
        text: String,
    },
    Prose(String),
    Callout(Callout),
    Fence(Fence<'a>),
    /// An item of a list that has a mark: a decision or a task. What nests in it follows by itself.
    Item(Item),
    Table(Vec<Vec<String>>),
}

/// A fenced block.
#[derive(Debug)]
pub struct Fence<'a> {
    /// Its first word; empty where there is none.
    pub lang: &'a str,
    /// The rest of that line, as it is written: no escape of Markdown is undone, as Runme does not.
    pub info: &'a str,
    pub body: String,
    pub closed: bool,
}

/// An item of a list, as words.
#[derive(Debug, Default)]
pub struct Item {
    /// What stands in bold at its beginning.
    pub label: Option<String>,
    /// A code span directly after that.
    pub code: Option<String>,
    /// What stands between these and the arrow, or all that follows where there is none.
    pub before: String,
    /// What stands after the arrow.
    pub after: Option<String>,
    /// Where the first link after the arrow leads.
    pub link: Option<String>,
    /// A task, and whether it is ticked.
    pub task: Option<bool>,
}

/// Reads a page. `text` is all of it; `from` is where its Markdown begins (behind the front matter).
pub fn elements(text: &str, from: usize) -> Vec<Element<'_>> {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    options.insert(Options::ENABLE_TASKLISTS);
    options.insert(Options::ENABLE_STRIKETHROUGH);
    options.insert(Options::ENABLE_GFM);
    let markdown = text.get(from..).unwrap_or_default();
    let mut reader = Reader {
        text,
        from,
        lines: Lines::of(text),
        out: Vec::new(),
        words: None,
        items: Vec::new(),
        fence: None,
        callout: None,
        table: None,
    };
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        reader.event(event, range);
    }
    reader.out
}

/// Where lines start, to say on which one a byte is.
pub struct Lines(Vec<usize>);

impl Lines {
    pub fn of(text: &str) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self(std::iter::once(0).chain(ends).collect())
    }

    /// Counted from 1.
    pub fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|start| *start <= byte).max(1)
    }
}

struct Reader<'a> {
    text: &'a str,
    from: usize,
    lines: Lines,
    out: Vec<Element<'a>>,
    /// Words that are being put together: a heading's, a paragraph's, a cell's.
    words: Option<Words>,
    /// Items that are open, the innermost last.
    items: Vec<Open>,
    fence: Option<(usize, Fence<'a>)>,
    callout: Option<(usize, Callout)>,
    table: Option<(usize, Vec<Vec<String>>)>,
}

#[derive(Default)]
struct Words {
    line: usize,
    text: String,
    level: Option<u8>,
}

/// An item that is being read.
#[derive(Default)]
struct Open {
    line: usize,
    item: Item,
    part: Part,
    /// Its words have been told, since something nests in it.
    told: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    /// Nothing was read yet.
    #[default]
    Start,
    /// In the bold words at the beginning.
    Label,
    /// Directly after them.
    Labelled,
    Text,
    /// Behind the arrow.
    Target,
}

const ARROW: char = '→';

impl<'a> Reader<'a> {
    fn line(&self, range: &Range<usize>) -> usize {
        self.lines.at(self.from + range.start)
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.add(&text, false),
            Event::Code(text) => self.add(&text, true),
            Event::SoftBreak | Event::HardBreak => self.add(" ", false),
            Event::TaskListMarker(done) => {
                if let Some(open) = self.items.last_mut() {
                    open.item.task = Some(done);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        let line = self.line(&range);
        match tag {
            Tag::Heading { level, .. } => {
                self.words = Some(Words {
                    line,
                    level: Some(match level {
                        HeadingLevel::H1 => 1,
                        HeadingLevel::H2 => 2,
                        HeadingLevel::H3 => 3,
                        HeadingLevel::H4 => 4,
                        HeadingLevel::H5 => 5,
                        HeadingLevel::H6 => 6,
                    }),
                    ..Words::default()
                });
            }
            Tag::Paragraph if self.items.last().is_none_or(|open| open.told) => {
                self.words = Some(Words { line, ..Words::default() });
            }
            Tag::Item => {
                self.tell_item();
                self.items.push(Open { line, ..Open::default() });
            }
            Tag::CodeBlock(kind) => {
                self.tell_item();
                let raw = self.text.get(self.from + range.start..self.from + range.end).unwrap_or_default();
                let fence = match kind {
                    CodeBlockKind::Fenced(_) => fence(raw),
                    CodeBlockKind::Indented => Fence {
                        lang: "",
                        info: "",
                        body: String::new(),
                        closed: true,
                    },
                };
                self.fence = Some((line, fence));
            }
            Tag::BlockQuote(kind) => {
                let alarm = kind.map(|kind| match kind {
                    BlockQuoteKind::Note => Alarm::Note,
                    BlockQuoteKind::Tip => Alarm::Tip,
                    BlockQuoteKind::Important => Alarm::Important,
                    BlockQuoteKind::Warning => Alarm::Warning,
                    BlockQuoteKind::Caution => Alarm::Caution,
                });
                if let (Some(alarm), None) = (alarm, &self.callout) {
                    let text = String::new();
                    self.callout = Some((line, Callout { alarm, text }));
                }
            }
            Tag::Table(_) => self.table = Some((line, Vec::new())),
            Tag::TableHead | Tag::TableRow => {
                if let Some((_, rows)) = &mut self.table {
                    rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.words = Some(Words { line, ..Words::default() }),
            Tag::Strong => {
                if let Some(open) = self
                    .items
                    .last_mut()
                    .filter(|open| open.part == Part::Start && open.item.label.is_none())
                {
                    open.part = Part::Label;
                    open.item.label = Some(String::new());
                }
            }
            Tag::Link { dest_url, .. } => {
                if let Some(open) = self.items.last_mut().filter(|open| open.part == Part::Target) {
                    open.item.link.get_or_insert_with(|| dest_url.into_string());
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph => {
                let Some(words) = self.words.take() else { return };
                let text = words.text.trim().to_owned();
                let what = match (words.level, &mut self.callout) {
                    (Some(level), _) => What::Heading { level, text },
                    (None, Some((_, callout))) => {
                        if !callout.text.is_empty() {
                            callout.text.push(' ');
                        }
                        callout.text.push_str(&text);
                        return;
                    }
                    (None, None) if text.is_empty() => return,
                    (None, None) => What::Prose(text),
                };
                self.out.push(Element { line: words.line, what });
            }
            TagEnd::Item => {
                self.tell_item();
                self.items.pop();
            }
            TagEnd::CodeBlock => {
                if let Some((line, fence)) = self.fence.take() {
                    let what = What::Fence(fence);
                    self.out.push(Element { line, what });
                }
            }
            TagEnd::BlockQuote(kind) => {
                if kind.is_some()
                    && let Some((line, callout)) = self.callout.take()
                {
                    let what = What::Callout(callout);
                    self.out.push(Element { line, what });
                }
            }
            TagEnd::Table => {
                if let Some((line, rows)) = self.table.take() {
                    let what = What::Table(rows);
                    self.out.push(Element { line, what });
                }
            }
            TagEnd::TableCell => {
                let cell = self.words.take().map(|words| words.text.trim().to_owned()).unwrap_or_default();
                if let Some(row) = self.table.as_mut().and_then(|(_, rows)| rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Strong => {
                if let Some(open) = self.items.last_mut().filter(|open| open.part == Part::Label) {
                    open.part = Part::Labelled;
                }
            }
            _ => {}
        }
    }

    /// Hands the innermost item over, where that was not done.
    fn tell_item(&mut self) {
        let Some(open) = self.items.last_mut().filter(|open| !open.told) else {
            return;
        };
        open.told = true;
        let mut item = std::mem::take(&mut open.item);
        for text in [Some(&mut item.before), item.after.as_mut(), item.label.as_mut()]
            .into_iter()
            .flatten()
        {
            *text = text.trim().to_owned();
        }
        let line = open.line;
        let is_decision = item.after.is_some() && item.label.is_some();
        let what = match (is_decision || item.task.is_some(), &mut self.callout) {
            (true, _) => What::Item(item),
            (false, Some((_, callout))) => {
                if !callout.text.is_empty() {
                    callout.text.push(' ');
                }
                callout.text.push_str(&whole(&item));
                return;
            }
            (false, None) => match whole(&item) {
                text if text.is_empty() => return,
                text => What::Prose(text),
            },
        };
        self.out.push(Element { line, what });
    }

    fn add(&mut self, text: &str, code: bool) {
        if let Some((_, fence)) = &mut self.fence {
            fence.body.push_str(text);
            return;
        }
        if let Some(words) = &mut self.words {
            push(&mut words.text, text, code);
            return;
        }
        let Some(open) = self.items.last_mut().filter(|open| !open.told) else {
            return;
        };
        let item = &mut open.item;
        match open.part {
            Part::Label => push(item.label.get_or_insert_default(), text, code),
            Part::Labelled if code && item.code.is_none() => {
                item.code = Some(text.to_owned());
                open.part = Part::Text;
            }
            Part::Labelled if text.trim().is_empty() => {}
            Part::Target => push(item.after.get_or_insert_default(), text, code),
            Part::Start | Part::Labelled | Part::Text => match text.split_once(ARROW).filter(|_| !code) {
                // Words with arrows in them that decide nothing stay words.
                Some((before, after)) if item.label.is_some() => {
                    push(&mut item.before, before, false);
                    item.after = Some(after.to_owned());
                    open.part = Part::Target;
                }
                _ => {
                    push(&mut item.before, text, code);
                    open.part = Part::Text;
                }
            },
        }
    }
}

/// An item's words, where it decides nothing.
fn whole(item: &Item) -> String {
    let code = item.code.as_ref().map(|code| format!("`{code}`"));
    let parts = [item.label.as_deref(), code.as_deref(), Some(item.before.as_str())];
    let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

fn push(to: &mut String, text: &str, code: bool) {
    if code {
        to.push('`');
        to.push_str(text);
        to.push('`');
    } else {
        to.push_str(text);
    }
}

/// Reads the first line of a fence, and whether its last one closes it.
fn fence(raw: &str) -> Fence<'_> {
    let first = raw.lines().next().unwrap_or_default();
    let opened = first.trim_start();
    let mark = opened.chars().next().unwrap_or('`');
    let length = opened.chars().take_while(|c| *c == mark).count();
    let info = opened.get(length..).unwrap_or_default().trim();
    let (lang, rest) = info.split_once(|c: char| c.is_whitespace() || c == '{').unwrap_or((info, ""));
    // A `{` that touches the language is a part of the attributes.
    let rest = if info.get(lang.len()..).is_some_and(|rest| rest.starts_with('{')) {
        info.get(lang.len()..).unwrap_or_default()
    } else {
        rest
    };
    let last = raw.lines().skip(1).last().unwrap_or_default();
    let last = last.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end();
    let closed = last.len() >= length && !last.is_empty() && last.chars().all(|c| c == mark);
    Fence {
        lang,
        info: rest.trim(),
        body: String::new(),
        closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let one = |element: &Element<'_>| {
            let what = match &element.what {
                What::Heading { level, text } => format!("H{level} {text}"),
                What::Prose(text) => format!("P {text}"),
                What::Callout(callout) => format!("{:?} {}", callout.alarm, callout.text),
                What::Fence(fence) => format!("F {} [{}] {:?} {}", fence.lang, fence.info, fence.body, fence.closed),
                What::Item(item) => format!("I {item:?}"),
                What::Table(rows) => format!("T {rows:?}"),
            };
            format!("{} {what}", element.line)
        };
        elements(text, 0).iter().map(one).collect()
    }

    #[test]
    fn a_page_is_headings_words_and_fences_with_their_lines() {
        let page = "# A `b`\n\nTwo\nlines *of* [it](x).\n\n> [!WARNING]\n> Do not.\n> Really.\n\n| a | b |\n| - | - |\n| 1 | `2` |\n\n```sh {\"a\":\"\\d\"}\nls\n```\n";
        assert_eq!(
            told(page),
            [
                "1 H1 A `b`",
                "3 P Two lines of it.",
                "6 Warning Do not. Really.",
                "10 T [[\"a\", \"b\"], [\"1\", \"`2`\"]]",
                "14 F sh [{\"a\":\"\\d\"}] \"ls\\n\" true",
            ]
        );
    }

    #[test]
    fn items_decide_only_with_a_label_and_an_arrow() {
        let page = "- **Yes** `exit == 0` (so it is) → [There](#there) and on\n- Lint → Test\n- [x] done\n- **Label** only\n\n1. Do\n   ```bash\n   ls -l\n   ```\n";
        let told = told(page);
        assert_eq!(told.len(), 6, "{told:#?}");
        assert!(
            told[0].contains("label: Some(\"Yes\"), code: Some(\"exit == 0\"), before: \"(so it is)\", after: Some(\"There and on\"), link: Some(\"#there\")"),
            "{}",
            told[0]
        );
        assert_eq!(told[1], "2 P Lint → Test");
        assert!(told[2].contains("task: Some(true)"));
        assert_eq!(told[3], "4 P Label only");
        assert_eq!(told[4], "6 P Do");
        assert_eq!(told[5], "7 F bash [] \"ls -l\\n\" true");
    }

    #[test]
    fn a_fence_that_is_not_closed_is_known() {
        for (text, closed) in [
            ("```sh\nls\n", false),
            ("````sh\nls\n```\n", false),
            ("~~~\nx\n~~~\n", true),
            ("> ```sh\n> x\n> ```\n", true),
            ("```\n```", true),
            ("```", false),
        ] {
            let all = elements(text, 0);
            let Some(What::Fence(fence)) = all.iter().map(|e| &e.what).find(|w| matches!(w, What::Fence(_))) else {
                panic!("{text}")
            };
            assert_eq!(fence.closed, closed, "{text}");
        }
    }
}
