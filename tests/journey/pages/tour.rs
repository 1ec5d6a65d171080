//! The demo as a newcomer walks it: from what is wrong over its page to the fix that is verified, in a dozen keys.
//!
//! With `QD_CAST=FILE` the screens are written there as an asciicast, version 2: `cargo test --test integration
//! a_newcomer_comes`. `assets/casts/demo.cast` was made so.

use std::fmt::Write as _;
use std::path::Path;

use quarterdeck::config::file::{Base, parse};
use quarterdeck::config::layers::{FromKubeconfig, Wanted, merge};
use quarterdeck::runbook::walk::{Phase, StepState};
use quarterdeck::sim::platform::Guide;
use quarterdeck::ui::theme::{Depth, Glyphs, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::Stage;
use crate::journey::acts::{Scene, wait_audited};
use crate::journey::books::wait_at;
use crate::journey::twin::{Twin, TwinOptions};

/// As many keys as a newcomer may need, the letters of the token among them.
const KEYS: usize = 12;

/// The cockpit as `qd demo` opens it: with the configuration that the simulator writes.
fn demo(directory: &Path) -> Stage {
    let scene = Scene::of("bad-deploy", 1.0);
    let file = scene.platform.write(directory, Guide::Shown).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let base = Base { file: &file, home: None };
    let config = merge(&Wanted::default(), parse(&text, base, &[]).unwrap(), FromKubeconfig::default()).unwrap();
    let options: TwinOptions = scene.options("solia-prod").called().user("you").configured(|now| *now = config);
    let twin = options.start();
    Stage { scene, twin }
}

/// Who presses, and counts.
struct Newcomer {
    keys: usize,
    cast: Cast,
}

impl Newcomer {
    fn press(&mut self, twin: &mut Twin, key: &str) {
        self.keys += 1;
        self.cast.look(twin, 1.2);
        twin.press(key);
        self.cast.look(twin, 0.2);
    }

    /// What is on the screen now is looked at for so long (seconds).
    fn look(&mut self, twin: &Twin, seconds: f64) {
        self.cast.look(twin, seconds);
    }
}

#[test]
fn a_newcomer_comes_from_the_finding_to_the_verified_fix_in_a_dozen_keys() {
    let directory = tempfile::tempdir().unwrap();
    let mut stage = demo(directory.path());
    let mut newcomer = Newcomer {
        keys: 0,
        cast: Cast::new(120, 40),
    };
    // The first screen says what is wrong, and which key leads on.
    let twin = &mut stage.twin;
    twin.wait_until("the demo stands on what is wrong", |app, screen| {
        let on = app.table().is_some_and(|table| table.selected_finding().is_some());
        on && [
            "rollout of revision 42 stuck",
            "STRIPE_KEY is not set",
            "opens the runbook that helps",
        ]
        .iter()
        .all(|text| screen.contains(text))
    });
    let screen = twin.screen();
    let lesson = screen.lines().find(|line| line.contains("opens the runbook that helps")).unwrap();
    assert!(lesson.contains(" b ") || lesson.contains("b "), "{lesson}");
    newcomer.look(twin, 2.0);
    newcomer.press(twin, "b");
    wait_at(twin, "what-do-the-new-pods-say");
    twin.wait_text(&["STRIPE_KEY is not set", "▸1 The release; the schema is as before"]);
    newcomer.look(twin, 2.5);
    newcomer.press(twin, "enter");
    wait_at(twin, "roll-back-the-backend");
    newcomer.press(twin, "enter");
    let screen = twin.wait_text(&["the server would take it", "and enter"]);
    let typed = regex::Regex::new(r"Type (.+?) and enter").unwrap();
    let token = typed.captures(&screen).unwrap()[1].to_owned();
    newcomer.look(twin, 3.0);
    for letter in token.chars() {
        let key = if letter == ' ' { "space".to_owned() } else { letter.to_string() };
        newcomer.press(twin, &key);
    }
    newcomer.press(twin, "enter");
    twin.wait_until("it is rolled back", |app, _| {
        app.books.walking.as_ref().unwrap().walk.progress("roll-back-the-backend").state == StepState::Passed
    });
    wait_audited(twin, &["intended", "succeeded"]);
    // The frontend stays as it is; what is left is to be waited for, and is waited for by itself.
    wait_at(twin, "does-the-frontend-have-to-go-back-too");
    newcomer.press(twin, "2");
    for step in ["wait-for-the-backend", "errors-stay-below-1-"] {
        for _ in 0..120 {
            let over = stage.state(step) == StepState::Passed;
            if over {
                break;
            }
            stage.pass(5);
            stage.twin.wait_until("it was looked at", |app, _| {
                let walking = app.books.walking.as_ref().unwrap();
                let looks = walking
                    .asked
                    .as_ref()
                    .is_some_and(|asked| !matches!(asked, quarterdeck::app::books::Asked::Pause { .. }));
                !looks
            });
            newcomer.look(&stage.twin, 0.25);
        }
    }
    stage.twin.wait_until("the walk is done", |app, _| {
        app.books.walking.as_ref().unwrap().walk.phase == Phase::Done
    });
    stage.twin.wait_until("nothing is stuck any more", |app, _| {
        app.troubles(app.env()).all(|finding| finding.id != "rollout-stuck")
    });
    newcomer.look(&stage.twin, 4.0);
    assert!(newcomer.keys <= KEYS, "{} keys", newcomer.keys);
    assert_eq!(stage.scene.writes().0, 1);
    if let Ok(path) = std::env::var("QD_CAST") {
        std::fs::write(path, newcomer.cast.text()).unwrap();
    }
}

/// Screens, and how long each is looked at.
struct Cast {
    out: String,
    before: Option<Buffer>,
    at: f64,
    theme: Theme,
}

impl Cast {
    fn new(width: u16, height: u16) -> Self {
        let head =
            serde_json::json!({"version": 2, "width": width, "height": height, "title": "qd demo", "env": {"TERM": "xterm-256color"}});
        Self {
            out: format!("{head}\n"),
            before: None,
            at: 0.0,
            theme: Theme::load("deck", None, Depth::True, Glyphs::Unicode).unwrap(),
        }
    }

    fn look(&mut self, twin: &Twin, seconds: f64) {
        let now = twin.painted(&self.theme);
        let mut text = String::new();
        if self.before.is_none() {
            text.push_str("\u{1b}[?25l\u{1b}[2J");
        }
        for y in 0..now.area.height {
            let row = |buffer: &Buffer| (0..now.area.width).map(|x| buffer[(x, y)].clone()).collect::<Vec<_>>();
            let cells = row(&now);
            // From the first cell that is another to the last.
            let before = self.before.as_ref().map(row);
            let differs = |x: &usize| before.as_ref().is_none_or(|before| before[*x] != cells[*x]);
            let Some(first) = (0..cells.len()).find(differs) else { continue };
            let last = (0..cells.len()).rfind(differs).unwrap_or(first);
            let _ = write!(text, "\u{1b}[{};{}H", y + 1, first + 1);
            let mut style = None;
            for cell in &cells[first..=last] {
                let here = cell.style();
                if style != Some(here) {
                    text.push_str(&sgr(here));
                    style = Some(here);
                }
                text.push_str(cell.symbol());
            }
            text.push_str("\u{1b}[0m");
        }
        if !text.is_empty() {
            let _ = writeln!(self.out, "{}", serde_json::json!([(self.at * 100.0).round() / 100.0, "o", text]));
        }
        self.before = Some(now);
        self.at += seconds;
    }

    /// The file; its last screen stays for as long as it is looked at.
    fn text(self) -> String {
        let end = serde_json::json!([(self.at * 100.0).round() / 100.0, "o", ""]);
        format!("{}{end}\n", self.out)
    }
}

/// A style, as a terminal is told it.
fn sgr(style: Style) -> String {
    let mut codes = vec!["0".to_owned()];
    for (modifier, code) in [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ] {
        if style.add_modifier.contains(modifier) {
            codes.push(code.to_owned());
        }
    }
    for (colour, ground) in [(style.fg, 38), (style.bg, 48)] {
        match colour {
            Some(Color::Rgb(r, g, b)) => codes.push(format!("{ground};2;{r};{g};{b}")),
            Some(Color::Indexed(number)) => codes.push(format!("{ground};5;{number}")),
            _ => {}
        }
    }
    format!("\u{1b}[{}m", codes.join(";"))
}
