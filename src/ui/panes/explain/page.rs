//! An explanation, laid out: a headline, and lines in sections.

use crate::diagnosis::{Explanation, Forensics, Line, Meaning, Verdict};
use crate::model::{Change, ChangeKind, EvidenceKind, Lead, Severity, Subject, Time, short_age};
use crate::ui::theme::Role;
use crate::ui::widgets::TextLine;

/// One line of the page, or what stands between them.
#[derive(Clone, Debug)]
pub struct Entry {
    /// How long ago.
    pub age: String,
    /// What sort of line it is.
    pub word: String,
    pub role: Role,
    pub text: TextLine,
    /// The text without the sign of where it leads: what is copied.
    pub plain: String,
    pub lead: Option<Lead>,
    pub place: Place,
}

/// What an entry is on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Heading,
    Line,
    Gap,
}

impl Entry {
    fn between(place: Place, title: &str) -> Self {
        Self {
            age: String::new(),
            word: String::new(),
            role: Role::Title,
            text: TextLine::of([(Role::Title, title)]),
            plain: title.to_owned(),
            lead: None,
            place,
        }
    }

    fn line(word: impl Into<String>, role: Role, parts: &[(Role, &str)], lead: Option<Lead>) -> Self {
        let plain: String = parts.iter().map(|(_, text)| *text).collect();
        let sign = match &lead {
            Some(Lead::Object(_)) => " →\u{a0}object",
            Some(Lead::Events(_)) => " →\u{a0}events",
            Some(Lead::Log(_)) => " →\u{a0}log",
            Some(Lead::Probe(_)) => " →\u{a0}answer",
            Some(Lead::Metrics(_)) => " →\u{a0}metrics",
            Some(Lead::Command(_)) => " →\u{a0}copy",
            None => "",
        };
        let plain = match &lead {
            // A command is worth more than the sentence around it.
            Some(Lead::Command(command)) => command.to_string(),
            _ => plain,
        };
        Self {
            age: String::new(),
            word: word.into(),
            role,
            text: TextLine::of(parts.iter().copied().chain([(Role::Muted, sign)])),
            plain,
            lead,
            place: Place::Line,
        }
    }

    fn at(mut self, at: Time, now: Time) -> Self {
        if at.is_known() && at <= now {
            self.age = short_age(at.age(now));
        }
        self
    }

    /// Whether the cursor may stand on it.
    pub fn is_line(&self) -> bool {
        self.place == Place::Line
    }

    /// As it is saved.
    pub fn as_text(&self) -> String {
        match self.place {
            Place::Heading | Place::Gap => self.plain.clone(),
            Place::Line => format!("{:>4}  {:<10} {}", self.age, self.word, self.plain),
        }
    }
}

/// What stands at the top: what it is about, how that is, since when.
#[derive(Clone, Debug, Default)]
pub struct Headline(pub Vec<(Role, String)>);

impl Headline {
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// How bad a verdict looks.
fn role_of(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Ill(Severity::Critical) => Role::Bad,
        Verdict::Ill(Severity::Warning) | Verdict::Suspect => Role::Warning,
        Verdict::Ill(Severity::Info) | Verdict::Busy => Role::Busy,
        Verdict::Well => Role::Ok,
        Verdict::Unjudged | Verdict::Absent => Role::Muted,
    }
}

/// The page of an explanation. Of a container, its restarts come first.
pub fn page(told: &Explanation, container: Option<&str>, now: Time) -> (Headline, Vec<Entry>) {
    let subject = Subject {
        kind: told.object.kind.clone(),
        namespace: told.object.namespace.clone(),
        name: told.object.name.clone(),
        uid: Default::default(),
    };
    let of = match container {
        Some(container) => format!("Container {container} of {}", told.object.name),
        None => format!("{} {}", subject.kind_name(), told.object.name),
    };
    let mut headline = vec![
        (Role::Accent, of),
        (Role::Muted, " · ".into()),
        (role_of(told.verdict), told.verdict.word().into()),
    ];
    if told.since.is_known() && told.since <= now {
        let since = format!(" · since {} ({})", short_age(told.since.age(now)), clock(told.since));
        headline.push((Role::Muted, since));
    }
    let mut page = Page {
        entries: Vec::new(),
        now,
        told,
    };
    let restarts = |page: &mut Page<'_>| match (&told.forensics, container) {
        (Some(found), _) => page.restarts(found),
        (None, Some(name)) => page.section("restarts", [note(&format!("nothing is known of a container {name}"))]),
        (None, None) => {}
    };
    if container.is_some() {
        restarts(&mut page);
    }
    page.section(
        "why",
        told.why.iter().map(|line| page_line(line, told.verdict, now)).collect::<Vec<_>>(),
    );
    page.section(
        "evidence",
        told.evidence
            .iter()
            .map(|line| page_line(line, told.verdict, now))
            .collect::<Vec<_>>(),
    );
    if container.is_none() {
        restarts(&mut page);
    }
    page.changes();
    if !told.runbook.is_empty() {
        let runbook = Entry::line("runbook", Role::Accent, &[(Role::Text, told.runbook)], None);
        page.section("next", [runbook]);
    }
    page.section(
        "could not see",
        told.unseen
            .iter()
            .map(|line| Entry::line("", Role::Muted, &[(Role::Muted, &line.text)], line.lead.clone()))
            .collect::<Vec<_>>(),
    );
    (Headline(headline), page.entries)
}

fn note(text: &str) -> Entry {
    Entry::line("", Role::Muted, &[(Role::Muted, text)], None)
}

fn page_line(line: &Line, verdict: Verdict, now: Time) -> Entry {
    let (role, text) = match line.role {
        Meaning::Symptom => (role_of(verdict), Role::Text),
        Meaning::Cause | Meaning::Likely => (Role::Accent, Role::Text),
        Meaning::Well => (Role::Ok, Role::Text),
        Meaning::Note => (Role::Muted, Role::Muted),
        Meaning::Shown(EvidenceKind::Log) => (Role::Muted, Role::SyntaxText),
        Meaning::Step | Meaning::Effect | Meaning::Shown(_) => (Role::Muted, Role::Text),
    };
    Entry::line(line.role.word(), role, &[(text, &line.text)], line.lead.clone()).at(line.at, now)
}

struct Page<'a> {
    entries: Vec<Entry>,
    now: Time,
    told: &'a Explanation,
}

impl Page<'_> {
    /// A section; nothing at all where it has no lines.
    fn section(&mut self, title: &str, lines: impl IntoIterator<Item = Entry>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        if !self.entries.is_empty() {
            self.entries.push(Entry::between(Place::Gap, ""));
        }
        self.entries.push(Entry::between(Place::Heading, title));
        self.entries.extend(lines);
    }

    fn restarts(&mut self, found: &Forensics) {
        let now = self.now;
        let mut lines = Vec::new();
        if found.runs.is_empty() {
            lines.push(note("no run of it has ended since the pod was made"));
        }
        let pattern = found.pattern.iter();
        lines.extend(pattern.map(|text| Entry::line("pattern", Role::Accent, &[(Role::Text, text)], None)));
        if let Some(memory) = &found.memory {
            lines.push(Entry::line("memory", Role::Muted, &[(Role::Text, memory)], None));
        }
        for (n, run) in found.runs.iter().enumerate() {
            let lead = if n == 0 { found.log() } else { None };
            let role = if run.exit.code == 0 && run.exit.signal == 0 {
                Role::Muted
            } else {
                Role::Warning
            };
            let word = format!("run {}", u64::from(run.number) + 1);
            lines.push(Entry::line(word, role, &[(Role::Text, &run.sentence())], lead).at(run.exit.finished, now));
            lines.extend(
                run.words
                    .iter()
                    .map(|words| Entry::line("said", Role::Muted, &[(Role::SyntaxText, words)], None)),
            );
        }
        lines.extend(found.around.iter().map(|line| page_line(line, self.told.verdict, now)));
        let title = match found.restarts {
            1 => format!("restarts of container {} (1)", found.container),
            n => format!("restarts of container {} ({n})", found.container),
        };
        self.section(&title, lines);
    }

    fn changes(&mut self) {
        let mut lines = Vec::new();
        for change in &self.told.changes {
            lines.push(self.change(change));
            for detail in &change.details {
                let (sign, rest) = match detail.split_once(' ') {
                    Some((sign @ ("+" | "-" | "~"), rest)) => (sign, rest),
                    _ => ("", &**detail),
                };
                let gap = if sign.is_empty() { "" } else { " " };
                lines.push(Entry::line(
                    "",
                    Role::Muted,
                    &[(Role::Accent, sign), (Role::Muted, gap), (Role::Muted, rest)],
                    None,
                ));
            }
        }
        self.section("changed before", lines);
    }

    fn change(&self, change: &Change) -> Entry {
        let word = match change.kind {
            ChangeKind::Rollout => "rollout",
            ChangeKind::Config => "config",
            ChangeKind::Node => "node",
            ChangeKind::Scale => "scale",
            ChangeKind::Existence => "object",
            ChangeKind::Other => "change",
        };
        let own = change.object.kind == self.told.object.kind && change.object.name == self.told.object.name;
        let whose = if own {
            String::new()
        } else {
            format!("{} {}: ", change.object.kind_name(), change.object.name)
        };
        let by = if change.by.is_empty() {
            String::new()
        } else {
            format!(" by {}", change.by)
        };
        let lead = (!own).then(|| Lead::Object(change.object.reference()));
        let parts = [(Role::Text, &*whose), (Role::Text, &*change.what), (Role::Muted, &*by)];
        Entry::line(word, Role::Accent, &parts, lead).at(change.at, self.now)
    }
}

/// `03:17:40Z`
fn clock(at: Time) -> String {
    let day = at.0.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}Z", day / 3600, day / 60 % 60, day % 60)
}
