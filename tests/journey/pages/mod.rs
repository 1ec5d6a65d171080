//! Every page that is shipped, walked to its end on the simulated platform, and once the wrong way: to a stop or an escalation, and
//! to no change.
//!
//! A way is a table: the steps at which the walk stops, and what a person does there. What stands between them the walk does by
//! itself. Where a step wants a program (`aws`, `deploy.sh`), the test gives a script in its place and says so.

mod capacity;
mod data;
mod devops;
mod eyes;
mod fences;
mod look;
mod others;
mod pods;
mod releases;
mod suggested;
mod tour;

use quarterdeck::app::books::Asked;
use quarterdeck::config::Tier;
use quarterdeck::runbook::walk::{Phase, StepState};

use super::acts::Scene;
use super::books::{options, walk};
use super::twin::{Twin, TwinOptions};

/// What a person does at a step.
#[derive(Clone, Copy, Debug)]
pub enum Do {
    /// Chooses an answer, by its label.
    Answer(&'static str),
    /// Chooses the answer that is offered: what the page makes of what came.
    Offered(&'static str),
    /// Goes on: there is nothing to decide.
    On,
    /// Fills in a value.
    Set(&'static str, &'static str),
    /// Runs what does not run by itself, confirms it, and sees it end well.
    Run,
    /// The same, and it ends badly.
    Fails,
    /// Runs what asks nobody, since it only reads.
    Look,
    /// Lets time pass until the wait is over.
    Wait,
    /// The same, until its time is up.
    TimeOut,
    /// Reads the warning, looks at the plan, and leaves it.
    Leave,
    Tick,
    Skip(&'static str),
}

/// Where a walk ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    Done,
    Escalated,
    /// On with another page.
    Book(&'static str),
    /// Here, as the test leaves it.
    At(&'static str),
}

/// How a page is opened.
#[derive(Clone, Copy, Debug)]
pub enum Open {
    /// By its key, on the finding that the cockpit starts on, once this is on the screen.
    Key(&'static str),
    /// By its name.
    Name,
}

/// One way through a page.
pub struct Way {
    pub page: &'static str,
    pub open: Open,
    pub stops: &'static [(&'static str, &'static [Do])],
    pub end: End,
    /// Requests that change something.
    pub writes: usize,
}

/// A cockpit over a scenario, with the scripts that stand for programs.
pub struct Stage {
    pub scene: Scene,
    pub twin: Twin,
}

impl Stage {
    pub fn of(scenario: &str) -> Self {
        Self::with(scenario, |options| options)
    }

    pub fn with(scenario: &str, change: impl FnOnce(TwinOptions) -> TwinOptions) -> Self {
        let scene = Scene::of(scenario, 1.0);
        let twin = change(options(&scene)).start();
        Self { scene, twin }
    }

    /// Changes the simulated production.
    pub fn world<T>(&self, change: impl FnOnce(&mut quarterdeck::sim::world::World) -> T) -> T {
        let site = self.scene.platform.site(quarterdeck::sim::seed::Environment::Production).unwrap();
        site.world.change(change)
    }

    /// It is later, here and there.
    pub fn pass(&mut self, seconds: i64) {
        self.scene.platform.step(jiff::SignedDuration::from_secs(seconds));
        self.twin.later(seconds);
    }

    fn open(&mut self, way: &Way) {
        match way.open {
            Open::Key(text) => {
                // What is known first is not all: pods are seen after their deployment, and the page is another then.
                self.twin
                    .wait_until(&format!("the cursor is on {text}, and its page is known"), |app, screen| {
                        let best = quarterdeck::app::books::offers(app).into_iter().next();
                        let is_selected = app.table().is_some_and(|table| table.selected_finding().is_some());
                        screen.contains(text) && is_selected && best.is_some_and(|(name, _)| name == way.page)
                    });
                self.twin.press("b");
            }
            Open::Name => {
                self.twin.wait_text(&[" live "]);
                self.twin.type_text(&format!(":runbook {}\n", way.page));
            }
        }
        let page = way.page;
        self.twin.wait_until(&format!("{page} is open"), |app, _| {
            app.books.walking.as_ref().is_some_and(|walking| &*walking.page.book.name == page)
        });
    }

    fn state(&self, step: &str) -> StepState {
        walk(&self.twin).progress(step).state
    }

    /// Waits until the walk is at a step or has passed it; whether it has.
    fn is_passed(&mut self, step: &str) -> bool {
        self.twin.wait_until(&format!("the walk comes to {step}"), |app, _| {
            let Some(walking) = app.books.walking.as_ref() else { return false };
            let looking = walking.asked.as_ref().is_some_and(|asked| !matches!(asked, Asked::Pause { .. }));
            walking.walk.progress(step).state != StepState::Ready && !looking
        });
        self.state(step) == StepState::Passed && walk(&self.twin).at.as_deref() != Some(step)
    }

    /// The cursor on a row of a table: `pods monitoring`, and what is alone when this is looked for.
    pub fn select(&mut self, table: &str, row: &str) {
        self.twin.type_text(&format!(":{table}\n"));
        self.twin.wait_text(&[" live "]);
        self.twin.type_text(&format!("/{row}\n"));
        self.twin.wait_until(&format!("{row} is alone"), |app, _| super::rows(app) == 1);
        self.twin.press("g");
    }

    /// Waits until the walk stands at a step; what waits may wait.
    fn stand(&mut self, step: &str) {
        self.twin.wait_until(&format!("the walk is at {step}"), |app, _| {
            let Some(walking) = app.books.walking.as_ref() else { return false };
            let still = matches!(walking.asked, None | Some(Asked::Pause { .. }));
            walking.walk.at.as_deref() == Some(step) && still
        });
    }

    /// Lets the time of a wait pass, look by look, until it is over.
    fn wait(&mut self, step: &str) {
        let every = self
            .twin
            .app
            .books
            .walking
            .as_ref()
            .and_then(|walking| walking.step()?.every)
            .unwrap_or(10);
        for _ in 0..400 {
            let over = |twin: &Twin| {
                let walking = twin.app.books.walking.as_ref();
                walking.is_none_or(|walking| {
                    walking.walk.at.as_deref() != Some(step) || walking.walk.progress(step).state != StepState::Running
                })
            };
            if over(&self.twin) {
                return;
            }
            self.pass(every);
            self.twin.wait_until(&format!("{step} was looked at"), |app, _| {
                let Some(walking) = app.books.walking.as_ref() else { return true };
                let paused = matches!(walking.asked, Some(Asked::Pause { until, .. }) if until > app.now);
                walking.walk.at.as_deref() != Some(step) || walking.asked.is_none() || paused
            });
        }
        panic!("{step} is never over:\n{}", self.twin.screen());
    }

    /// Reads the warning, where there is one, and asks for the plan.
    fn ask(&mut self) {
        let cautioned = self.twin.screen().contains("read the warning");
        if cautioned {
            self.twin.press("enter");
            self.twin.wait_gone("read the warning");
        }
        self.twin.press("enter");
    }

    /// Answers the dialog with what it asks for.
    fn confirm(&mut self) {
        let screen = self.twin.wait_until("it is asked", |app, screen| {
            let asked = screen.contains("and enter") || screen.contains("y do it");
            asked && (screen.contains("the server would take it") || !app.overlay.as_ref().is_some_and(dry_run))
        });
        if screen.contains("Unlocks for") {
            self.twin.type_text("it is broken\n");
        }
        match regex::Regex::new(r"Type (.+?) and enter").unwrap().captures(&screen) {
            Some(typed) => self.twin.type_text(&format!("{}\n", &typed[1])),
            None => self.twin.press("y"),
        }
    }

    fn ended(&mut self, step: &str, as_it: &[StepState]) {
        let as_it = as_it.to_vec();
        self.twin.wait_until(&format!("{step} is {as_it:?}"), |app, _| {
            let Some(walking) = app.books.walking.as_ref() else { return false };
            let runs = walking.asked.as_ref().is_some_and(|asked| asked.step() == step);
            !runs && as_it.contains(&walking.walk.progress(step).state)
        });
    }

    fn act(&mut self, step: &str, what: Do) {
        match what {
            Do::Answer(label) => self.answer(label, false),
            Do::Offered(label) => self.answer(label, true),
            Do::On => self.twin.press("enter"),
            Do::Set(name, value) => {
                self.twin.type_text(&format!(":set {name} "));
                self.twin.type_text(value);
                self.twin.press("enter");
            }
            Do::Run | Do::Fails => {
                self.ask();
                self.confirm();
                let as_it = if matches!(what, Do::Run) {
                    StepState::Passed
                } else {
                    StepState::Failed
                };
                self.ended(step, &[as_it]);
            }
            Do::Look => {
                if self.state(step) == StepState::Ready {
                    self.twin.press("enter");
                }
                self.ended(step, &[StepState::Passed, StepState::Failed, StepState::NoData]);
            }
            Do::Wait => {
                self.wait(step);
                assert_eq!(self.state(step), StepState::Passed, "{step}:\n{}", self.twin.screen());
            }
            Do::TimeOut => {
                self.wait(step);
                assert_eq!(self.state(step), StepState::TimedOut, "{step}:\n{}", self.twin.screen());
            }
            Do::Leave => {
                self.ask();
                self.twin.wait_until("it is asked", |_, screen| {
                    screen.contains("and enter") || screen.contains("y do it")
                });
                self.twin.press("esc");
                self.ended(step, &[StepState::Ready]);
            }
            Do::Tick => {
                let count = walk_step(&self.twin).1;
                for _ in 0..count {
                    self.twin.press("space");
                }
            }
            Do::Skip(reason) => {
                self.twin.press(">");
                self.twin.type_text(&format!("{reason}\n"));
            }
        }
    }

    /// Chooses an answer by the digit that stands before it.
    fn answer(&mut self, label: &str, offered: bool) {
        let walking = self.twin.app.books.walking.as_ref().unwrap();
        let step = walking.step().unwrap();
        let labels: Vec<&str> = step.branches.iter().map(|branch| branch.label.as_str()).collect();
        let at = labels.iter().position(|one| *one == label);
        let at = at.unwrap_or_else(|| panic!("{} has no answer {label:?}, but {labels:?}", step.id));
        if offered {
            assert_eq!(labels[walking.cursor], label, "{}:\n{}", step.id, self.twin.screen());
            return self.twin.press("enter");
        }
        self.twin.press(&(at + 1).to_string());
    }

    /// Walks a way to its end.
    pub fn walk(&mut self, way: &Way) {
        self.open(way);
        for (step, deeds) in way.stops {
            // What is so already is not waited for.
            if matches!(deeds, [Do::Wait]) && self.is_passed(step) {
                continue;
            }
            self.stand(step);
            for what in *deeds {
                self.act(step, *what);
            }
        }
        let (page, end) = (way.page, way.end);
        self.twin.wait_until(&format!("{page} ends: {end:?}"), |app, _| {
            let Some(walking) = app.books.walking.as_ref() else { return false };
            match end {
                End::Done => walking.walk.phase == Phase::Done,
                End::Escalated => matches!(walking.walk.phase, Phase::Escalated(_)),
                End::Book(name) => &*walking.page.book.name == name,
                End::At(step) => walking.walk.at.as_deref() == Some(step),
            }
        });
        assert_eq!(self.scene.writes().0, way.writes, "{page}: what was changed");
    }
}

fn dry_run(overlay: &quarterdeck::app::overlay::Overlay) -> bool {
    matches!(overlay, quarterdeck::app::overlay::Overlay::Plan(dialog) if !matches!(dialog.draft.action.verb, quarterdeck::action::Verb::Run(_)))
}

/// The step in front: its id, and how many of its checks are open.
fn walk_step(twin: &Twin) -> (String, usize) {
    let walking = twin.app.books.walking.as_ref().unwrap();
    let step = walking.step().unwrap();
    (step.id.clone(), step.tasks.len())
}

/// As production is guarded: everything is asked in full.
pub fn guarded(options: TwinOptions) -> TwinOptions {
    options.tier(Tier::Guarded)
}

/// No page is shipped that nobody has walked: to its end, and the wrong way.
#[test]
fn every_page_is_walked_twice() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journey/pages");
    let tests: String = std::fs::read_dir(directory)
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
        .collect();
    for (name, _) in quarterdeck::runbook::library::BUILT_IN {
        let ways = tests.matches(&format!("\"{name}\",")).count();
        assert!(ways >= 2, "{name} is walked {ways} times");
    }
}
