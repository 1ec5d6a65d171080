//! Elements as phases and steps.

use std::collections::{HashMap, HashSet};

use super::elements::{Element, Fence, Item, What};
use super::front::Fronted;
use super::slug::Slugs;
use super::step::{Typing, block_step, command_step, detect, is_command, manual_step};
use super::{Attributes, lines};
use crate::runbook::condition::Condition;
use crate::runbook::flaw::{Flaw, Rule};
use crate::runbook::page::{Branch, Callout, Expected, ExpectedMode, Front, Goto, Layer, On, Phase, Runbook, Step};
use crate::runbook::value::{Declared, exports};

/// Sections whose headings are steps even where they hold nothing but words.
const WALKED: [&str; 4] = ["diagnosis", "mitigation", "verification", "rollback"];

/// So many headings a page has at most, for a guess at which was meant.
const SOME: usize = 200;

pub fn build(name: String, fronted: Fronted, elements: Vec<Element<'_>>, flaws: &mut Vec<Flaw>) -> Runbook {
    let guided = fronted.front.is_oncall
        || elements.iter().any(|element| match &element.what {
            What::Item(item) => item.after.is_some() && item.label.is_some(),
            What::Fence(fence) => {
                let attributes = Attributes::read(fence.info);
                attributes.fault.is_some() || !attributes.is_empty()
            }
            _ => false,
        });
    let mut builder = Builder {
        book: Runbook {
            name: name.into(),
            title: fronted.title,
            description: fronted.description,
            layer: if guided { Layer::Guided } else { Layer::Page },
            front: fronted.front,
            ..Runbook::default()
        },
        flaws,
        slugs: Slugs::default(),
        anchors: HashMap::new(),
        open: Open::default(),
        section: None,
        starts: Vec::new(),
        links: Vec::new(),
        names: HashSet::new(),
        blocks: Vec::new(),
    };
    for element in elements {
        builder.element(element);
    }
    builder.close();
    builder.finish(fronted.variables)
}

/// Where an anchor leads.
#[derive(Clone, Copy)]
enum Anchor {
    Phase(usize),
    Step(usize),
}

/// What stands below the last heading.
#[derive(Default)]
struct Open {
    title: String,
    id: String,
    line: usize,
    level: u8,
    /// The heading is a phase already.
    is_phase: bool,
    text: Vec<String>,
    callouts: Vec<Callout>,
    steps: Vec<Step>,
    /// Blocks that run.
    blocks: usize,
    tasks: Vec<(String, bool)>,
    decisions: Vec<(usize, Item)>,
}

struct Builder<'a> {
    book: Runbook,
    flaws: &'a mut Vec<Flaw>,
    slugs: Slugs,
    anchors: HashMap<String, Anchor>,
    open: Open,
    /// The last heading of the first or second level.
    section: Option<usize>,
    /// How many steps there were when each phase began.
    starts: Vec<usize>,
    /// Decisions whose targets are still names, by step.
    links: Vec<(usize, usize, Item)>,
    names: HashSet<String>,
    /// Names of detect blocks and such, to find what is there twice.
    blocks: Vec<String>,
}

impl Builder<'_> {
    fn flaw(&mut self, line: usize, rule: Rule, text: impl AsRef<str>) {
        self.flaws.push(Flaw::new(line, rule, text));
    }

    fn guided(&self) -> bool {
        self.book.layer == Layer::Guided
    }

    fn element(&mut self, element: Element<'_>) {
        let line = element.line;
        match element.what {
            What::Heading { level, text } => self.heading(level, text, line),
            What::Prose(text) => self.open.text.push(text),
            What::Callout(callout) => self.open.callouts.push(callout),
            What::Fence(fence) => self.fence(fence, line),
            What::Item(item) => match item.task {
                Some(done) => {
                    let words = [item.label.as_deref().unwrap_or_default(), &item.before];
                    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
                    self.open.tasks.push((words.join(" "), done));
                }
                None => self.open.decisions.push((line, item)),
            },
            What::Table(rows) => {
                let escalation = self
                    .book
                    .phases
                    .last()
                    .is_some_and(|phase| phase.title.eq_ignore_ascii_case("escalation"));
                if escalation && self.book.contacts.is_empty() {
                    self.book.contacts = rows;
                }
            }
        }
    }

    fn heading(&mut self, level: u8, title: String, line: usize) {
        self.close();
        let (id, twice) = self.slugs.next(&title);
        if twice && self.guided() {
            self.flaw(
                line,
                Rule::Unique,
                format!("another heading is called `{title}`: links lead to the first"),
            );
        }
        if level == 1 && self.book.phases.is_empty() {
            if self.book.title.is_empty() {
                self.book.title.clone_from(&title);
            } else if self.book.title != title {
                let text = format!("the front matter calls the page `{}`, its heading `{title}`", self.book.title);
                self.flaw(line, Rule::Front, text);
            }
        }
        let is_phase = !self.guided() || level <= 2;
        self.open = Open {
            title,
            id,
            line,
            level,
            is_phase,
            ..Open::default()
        };
        if is_phase {
            self.phase();
        }
    }

    /// The open heading as a phase.
    fn phase(&mut self) {
        let (id, title) = (self.open.id.clone(), self.open.title.clone());
        self.anchors.insert(id.clone(), Anchor::Phase(self.book.phases.len()));
        self.starts.push(self.book.steps.len());
        if self.open.level <= 2 {
            self.section = Some(self.book.phases.len());
        }
        self.book.phases.push(Phase {
            id,
            title,
            section: self.section,
            level: self.open.level,
            line: self.open.line,
            text: Vec::new(),
            callouts: Vec::new(),
            steps: 0..0,
        });
    }

    fn fence(&mut self, fence: Fence<'_>, line: usize) {
        if !fence.closed {
            let text = "the fence that begins here is not closed: all that follows is taken for its text";
            self.flaw(line, Rule::Readable, text);
        }
        let attributes = Attributes::read(fence.info);
        if let Some(fault) = attributes.fault.clone() {
            self.flaw(line, Rule::Attributes, fault);
            // What it was meant to be, nobody knows: it runs, and is looked at as a stranger's.
        }
        let oncall = self.book.front.is_oncall;
        let kind = attributes.get("kind").unwrap_or_default();
        let typing = Typing {
            lang: fence.lang,
            attributes: &attributes,
            line,
            oncall,
        };
        typing.check(fence.info.contains('{'), self.flaws);
        if let Some(name) = attributes.get("name").filter(|_| kind != "expected")
            && !self.names.insert(name.to_owned())
        {
            self.flaw(line, Rule::Unique, format!("another block is called `{name}`"));
        }
        match kind {
            "vars" => {
                let (declared, faults) = exports(&fence.body, line + 1);
                for (line, fault) in faults {
                    self.flaw(line, Rule::Attributes, format!("in the block of variables, {fault}"));
                }
                self.book.variables.extend(declared);
            }
            "detect" => {
                let name = attributes.get("name").unwrap_or_default().to_owned();
                self.blocks.push(name.clone());
                match detect(&typing, name, &fence.body) {
                    Ok(detect) => self.book.detects.push(detect),
                    Err(fault) => self.flaw(line, Rule::Attributes, fault),
                }
            }
            "expected" => match self.open.steps.last_mut() {
                Some(step) => {
                    let mode = match attributes.get("mode") {
                        Some("contains") => ExpectedMode::Contains,
                        Some("regex") => ExpectedMode::Regex,
                        _ => ExpectedMode::Shape,
                    };
                    let text = fence.body.trim_end().to_owned();
                    step.expected = Some(Expected { text, mode });
                }
                None => self.flaw(line, Rule::Attributes, "an expected output stands behind no block"),
            },
            _ if is_command(fence.lang) => self.commands(&fence, &typing),
            _ if typing.is_runnable() => {
                self.open.blocks += 1;
                self.too_many(line);
                let step = block_step(&typing, &fence.body, self.flaws);
                self.push(step);
            }
            // A drawing, an output, a configuration: words of the page.
            _ => {}
        }
    }

    fn commands(&mut self, fence: &Fence<'_>, typing: &Typing<'_>) {
        let mut typed = lines::commands(&fence.body, typing.line + 1, fence.lang);
        if typed.is_empty() {
            return;
        }
        self.open.blocks += 1;
        self.too_many(typing.line);
        // A block with attributes is one step, whatever it holds; without, each of its lines is.
        if !typing.attributes.is_empty() && typed.len() > 1 {
            let text: Vec<String> = typed.iter().map(|one| one.text.clone()).collect();
            let comment = typed.iter().flat_map(|one| one.comment.clone()).collect();
            let line = typed.first().map_or(typing.line, |one| one.line);
            typed = vec![lines::Typed {
                text: text.join("\n"),
                comment,
                line,
            }];
        }
        for one in typed {
            let step = command_step(typing, one, self.flaws);
            self.push(step);
        }
    }

    fn too_many(&mut self, line: usize) {
        if self.book.front.is_oncall && self.open.blocks == 2 {
            self.flaw(
                line,
                Rule::OneBlock,
                "a step has one block that runs; give this one a heading of its own",
            );
        }
    }

    fn push(&mut self, mut step: Step) {
        if !self.guided() && self.open.steps.is_empty() {
            step.text.splice(0..0, std::mem::take(&mut self.open.text));
        } else if !self.guided() {
            step.text.splice(0..0, self.open.text.drain(..));
        }
        self.open.steps.push(step);
    }

    /// Ends what stands below the last heading: its steps come into the page.
    fn close(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        let section = self.section.and_then(|section| self.book.phases.get(section));
        let walked = section.is_some_and(|phase| WALKED.contains(&phase.title.to_lowercase().as_str()));
        let words = !open.text.is_empty() || !open.callouts.is_empty();
        let alone = !open.is_phase && walked && self.guided() && words;
        if open.steps.is_empty() && (!open.tasks.is_empty() || !open.decisions.is_empty() || alone) && open.level > 0 {
            open.steps.push(manual_step(open.line));
        }
        if open.steps.is_empty() || open.level == 0 {
            if !open.is_phase && open.level > 0 {
                self.open = Open {
                    title: open.title.clone(),
                    id: open.id.clone(),
                    line: open.line,
                    level: open.level,
                    ..Open::default()
                };
                self.phase();
                self.open = Open::default();
            }
            if let Some(phase) = self.book.phases.last_mut() {
                phase.text.append(&mut open.text);
                phase.callouts.append(&mut open.callouts);
            }
            // Steps before any heading stand in a phase without a name.
            if open.level > 0 || open.steps.is_empty() {
                return;
            }
            self.open = Open {
                title: self.book.title.clone(),
                level: 1,
                line: 1,
                ..Open::default()
            };
            self.phase();
        }
        if self.book.phases.is_empty() {
            self.starts.push(0);
            self.section = Some(0);
            self.book.phases.push(Phase {
                section: Some(0),
                id: String::new(),
                title: self.book.title.clone(),
                level: 1,
                line: 1,
                text: Vec::new(),
                callouts: Vec::new(),
                steps: 0..0,
            });
        }
        let first = self.book.steps.len();
        let phase = self.book.phases.len().saturating_sub(1);
        let guided = self.guided();
        let count = open.steps.len();
        for (nth, mut step) in open.steps.into_iter().enumerate() {
            step.phase = phase;
            step.id = match nth {
                0 => open.id.clone(),
                nth => format!("{}~{}", open.id, nth + 1),
            };
            if guided || step.title.is_empty() {
                step.title.clone_from(&open.title);
            }
            if nth == 0 {
                if guided {
                    step.text.splice(0..0, open.text.drain(..));
                }
                step.callouts = std::mem::take(&mut open.callouts);
                step.tasks = std::mem::take(&mut open.tasks);
            }
            self.book.steps.push(step);
        }
        if !open.is_phase {
            self.anchors.insert(open.id, Anchor::Step(first));
        }
        for (line, item) in open.decisions {
            self.links.push((first + count - 1, line, item));
        }
    }

    fn finish(mut self, variables: Vec<Declared>) -> Runbook {
        let total = self.book.steps.len();
        // From the last to the first, since a phase ends where the next of its level begins.
        let levels: Vec<u8> = self.book.phases.iter().map(|phase| phase.level).collect();
        let mut ends = [total; 8];
        for nth in (0..levels.len()).rev() {
            let level = usize::from(levels.get(nth).copied().unwrap_or(1)).min(7);
            let start = self.starts.get(nth).copied().unwrap_or(total);
            let end = ends.get(level).copied().unwrap_or(total);
            if let Some(phase) = self.book.phases.get_mut(nth) {
                phase.steps = start..end.max(start);
            }
            ends.iter_mut().skip(level).for_each(|end| *end = start);
        }
        let links = std::mem::take(&mut self.links);
        for (step, line, item) in links {
            let branch = self.branch(line, item);
            if let Some(step) = self.book.steps.get_mut(step) {
                step.branches.push(branch);
            }
        }
        for declared in variables {
            match self.book.variables.iter_mut().find(|one| one.name == declared.name) {
                Some(one) => {
                    one.default = declared.default.or(one.default.take());
                    one.prompt = declared.prompt.or(one.prompt.take());
                    one.pattern = declared.pattern;
                    one.one_of = declared.one_of;
                    one.secret = declared.secret;
                    one.from = declared.from;
                }
                None => self.book.variables.push(declared),
            }
        }
        if self.book.title.is_empty() {
            self.book.title = self.book.name.to_string();
        }
        if self.book.description.is_empty() {
            let first = self.book.phases.iter().find_map(|phase| phase.text.first());
            self.book.description = first.map(|text| crate::model::shorten(text, 100).into_owned()).unwrap_or_default();
        }
        self.matchers();
        self.book
    }

    /// Whether the blocks that matchers name are there.
    fn matchers(&mut self) {
        let Front { matchers, .. } = &self.book.front;
        let missing: Vec<(usize, String)> = matchers
            .iter()
            .filter_map(|matcher| matcher.block.as_ref().map(|block| (matcher.line, block.clone())))
            .filter(|(_, block)| !self.blocks.contains(block))
            .collect();
        for (line, block) in missing {
            self.flaw(line, Rule::Linked, format!("there is no detect block `{block}`"));
        }
    }

    fn branch(&mut self, line: usize, item: Item) -> Branch {
        let label = item.label.unwrap_or_default();
        let on = match label.to_lowercase().as_str() {
            "pass" => On::Pass,
            "fail" => On::Fail,
            "timeout" => On::Timeout,
            _ => On::Answer,
        };
        let condition = item.code.as_deref().and_then(|code| match Condition::read(code) {
            Ok(condition) => Some(condition),
            Err(fault) => {
                self.flaw(line, Rule::Conditions, format!("`{code}`: {fault}"));
                None
            }
        });
        let text = item.after.unwrap_or_default();
        let goto = self.goto(line, &text, item.link.as_deref());
        Branch {
            line,
            label,
            on,
            condition,
            note: item.before,
            goto,
            text,
        }
    }

    fn goto(&mut self, line: usize, text: &str, link: Option<&str>) -> Goto {
        let Some(link) = link else {
            return match text.to_lowercase().starts_with("next step") {
                true => Goto::Next,
                false => Goto::End,
            };
        };
        if let Some(anchor) = link.strip_prefix('#') {
            return match self.anchors.get(anchor) {
                Some(Anchor::Step(step)) => Goto::Step(*step),
                Some(Anchor::Phase(phase)) => match self.book.phases.get(*phase) {
                    Some(found) if !found.steps.is_empty() => Goto::Step(found.steps.start),
                    _ => Goto::Phase(*phase),
                },
                None => {
                    // Of a page with more headings nothing is guessed: it would cost more than all the rest.
                    let known: Vec<&str> = self.anchors.keys().map(String::as_str).take(SOME).collect();
                    let known = if known.len() < SOME { known } else { Vec::new() };
                    let text = match crate::config::nearest(anchor, &known) {
                        Some(near) => format!("no heading is #{anchor}; did you mean #{near}?"),
                        None => format!("no heading is #{anchor}"),
                    };
                    self.flaw(line, Rule::Linked, text);
                    Goto::Nowhere(anchor.to_owned())
                }
            };
        }
        let path = link.split(['#', '?']).next().unwrap_or_default();
        match path.strip_suffix(".md").filter(|_| !path.contains("://")) {
            Some(stem) => Goto::Book(stem.rsplit('/').next().unwrap_or(stem).to_owned()),
            None => {
                self.flaw(
                    line,
                    Rule::Linked,
                    format!("a decision leads to a heading or to another page, not to {link}"),
                );
                Goto::Nowhere(link.to_owned())
            }
        }
    }
}
