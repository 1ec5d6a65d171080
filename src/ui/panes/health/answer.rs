//! The whole of a probe's last answer: what was expected, how long each step took, the certificate, headers and body.

use super::{beats, millis, sign};
use crate::model::{Certificate, ProbeState, Probed, Quantity, Time, short_age};
use crate::store::Watched;
use crate::ui::theme::{Glyph, Glyphs, Role};
use crate::ui::widgets::TextLine;

/// Rounds that the page shows.
const CELLS: usize = 60;

/// The page, as lines.
pub fn lines(probe: &Watched, environment: &str, now: Time) -> Vec<TextLine> {
    let mut page = Page::default();
    let place = &probe.place;
    let state = probe.state(now);
    let (glyph, role) = sign(state);
    let since = match probe.since().is_known() {
        true => format!(" since {} ({})", minute(probe.since()), short_age(probe.since().age(now))),
        false => String::new(),
    };
    page.parts(&[
        (role, &format!("{} {}", unicode(glyph), state.word())),
        (Role::Text, &since),
        (Role::Muted, &format!(" · {} of {environment}", place.name)),
    ]);
    page.parts(&[(Role::Text, &place.url), (Role::Muted, &format!(" · {}", place.vantage.words()))]);
    let Some((at, answer)) = &probe.last else {
        page.text(Role::Muted, "not asked yet");
        return page.lines;
    };
    let asked = format!("asked at {}, every {} s", second(*at), place.every);
    page.text(if probe.is_stale(now) { Role::Stale } else { Role::Muted }, &asked);
    verdict(&mut page, probe, answer);
    page.title("History");
    history(&mut page, probe, now);
    page.title("Steps");
    steps(&mut page, answer);
    if let Some(certificate) = &answer.certificate {
        page.title("Certificate");
        shown(&mut page, certificate, now);
    }
    if !answer.headers.is_empty() {
        page.title("Headers");
        for (name, value) in &answer.headers {
            page.parts(&[(Role::Muted, &format!("  {name}: ")), (Role::Text, value)]);
        }
    }
    if answer.is_answered() && answer.code.is_some() {
        let size = Quantity::whole(i64::try_from(answer.bytes).unwrap_or(i64::MAX)).memory();
        let more = if answer.is_cut { ", and more that is not kept" } else { "" };
        page.title(&format!("Body ({size}B{more})"));
        if answer.body.trim().is_empty() {
            page.text(Role::Muted, "  empty");
        }
        for line in answer.body.lines() {
            page.text(Role::Text, &format!("  {line}"));
        }
    }
    page.lines
}

#[derive(Default)]
struct Page {
    lines: Vec<TextLine>,
}

impl Page {
    fn parts(&mut self, parts: &[(Role, &str)]) {
        self.lines.push(TextLine::of(parts.iter().copied()));
    }

    fn text(&mut self, role: Role, text: &str) {
        self.parts(&[(role, text)]);
    }

    fn title(&mut self, title: &str) {
        self.lines.push(TextLine::plain(""));
        self.text(Role::Title, title);
    }
}

/// The page is text that can be copied: it is drawn in ASCII by the screen where that is wanted.
fn unicode(glyph: Glyph) -> &'static str {
    glyph.draw(Glyphs::Unicode)
}

fn verdict(page: &mut Page, probe: &Watched, answer: &Probed) {
    let bad = |page: &mut Page, text: &str| page.parts(&[(Role::Bad, "  ✖ "), (Role::Text, text)]);
    let nothing = answer.silence.is_none() && answer.failed.is_empty() && answer.warnings.is_empty();
    page.title("What it says");
    if nothing {
        page.parts(&[(Role::Ok, "  ● "), (Role::Text, "everything that is expected")]);
    }
    if let Some(silence) = &answer.silence {
        if answer.state() == ProbeState::Unknown {
            page.parts(&[(Role::Muted, "  ○ "), (Role::Text, &silence.problem.to_string())]);
            page.text(Role::Muted, "    whether the service works is not known: it could not be asked");
        } else {
            bad(page, &silence.problem.to_string());
        }
    }
    answer.failed.iter().for_each(|unmet| bad(page, &unmet.to_string()));
    for warning in &answer.warnings {
        page.parts(&[(Role::Warning, "  ▲ "), (Role::Text, warning)]);
    }
    if let Some(other) = probe.wavers() {
        let text = format!(
            "    the last answers say {}; {} in a row change the state",
            other.word(),
            probe.place.after
        );
        page.text(Role::Muted, &text);
    }
}

fn history(page: &mut Page, probe: &Watched, now: Time) {
    let line = beats(probe, CELLS, now);
    let told = line
        .iter()
        .position(|beat| *beat != crate::ui::widgets::Beat::Gap)
        .unwrap_or(line.len());
    let signs: Vec<(Role, &str)> = line
        .iter()
        .skip(told)
        .map(|beat| (beat.role(), beat.sign(Glyphs::Unicode)))
        .collect();
    let mut parts = vec![(Role::Text, "  ")];
    parts.extend(signs);
    page.parts(&parts);
    let last = match probe.last_ok.is_known() {
        true => format!("last well at {}", second(probe.last_ok)),
        false => "not well since this was opened".to_owned(),
    };
    let times: Vec<u32> = probe
        .rounds()
        .filter(|round| matches!(round.state, ProbeState::Up | ProbeState::Warning))
        .map(|round| round.millis)
        .collect();
    let usual = {
        let mut sorted = times.clone();
        sorted.sort_unstable();
        sorted
            .get(sorted.len() / 2)
            .map(|middle| format!(" · usually {}", millis(*middle)))
            .unwrap_or_default()
    };
    let flaps = match probe.flaps() {
        0 => String::new(),
        1 => " · changed once".into(),
        n => format!(" · changed {n} times"),
    };
    page.text(Role::Muted, &format!("  {last}{usual}{flaps} · {} rounds", probe.rounds().count()));
}

fn steps(page: &mut Page, answer: &Probed) {
    let timings = &answer.timings;
    let mut step = |name: &str, time: Option<u32>, more: &str| {
        if let Some(time) = time {
            page.parts(&[
                (Role::Muted, &format!("  {name:12}")),
                (Role::Text, &format!("{:>8}", millis(time))),
                (Role::Muted, &format!("  {more}")),
            ]);
        }
    };
    let proxy = match &*answer.proxy {
        "" => String::new(),
        proxy => format!("through the proxy {proxy}"),
    };
    step("name found", timings.lookup, "");
    step("connected", timings.connect, if proxy.is_empty() { &answer.peer } else { &proxy });
    step("TLS", timings.tls, "");
    step(
        "first byte",
        timings.first,
        &answer.code.map_or_else(String::new, |code| code.to_string()),
    );
    step("all", Some(timings.total), "");
    for hop in &answer.hops {
        page.parts(&[(Role::Muted, "  sent on to  "), (Role::Text, hop)]);
    }
}

fn shown(page: &mut Page, certificate: &Certificate, now: Time) {
    let names = match certificate.names.as_slice() {
        [] => String::new(),
        names => format!(" for {}", names.join(", ")),
    };
    page.parts(&[
        (Role::Text, &format!("  {}", certificate.subject)),
        (Role::Muted, &format!("{names}, by {}", certificate.issuer)),
    ]);
    let days = certificate.days_left(now);
    let day = certificate.until.to_string();
    let day = day.get(..10).unwrap_or_default();
    let ends = match days {
        ..0 => format!("  ended on {day}, {} days ago", -days),
        0 => "  ends today".into(),
        1 => format!("  ends on {day}, in 1 day"),
        days => format!("  ends on {day}, in {days} days"),
    };
    page.text(if days < 0 { Role::Bad } else { Role::Muted }, &ends);
    if let Some(fault) = &certificate.fault {
        page.parts(&[(Role::Bad, "  ✖ "), (Role::Text, &format!("not trusted: {fault}"))]);
    }
}

/// `02:57Z`
fn minute(at: Time) -> String {
    let text = at.to_string();
    format!("{}Z", text.get(11..16).unwrap_or_default())
}

/// `02:57:40Z`
fn second(at: Time) -> String {
    let text = at.to_string();
    format!("{}Z", text.get(11..19).unwrap_or_default())
}
