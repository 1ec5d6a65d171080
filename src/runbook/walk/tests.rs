use proptest::prelude::*;

use super::event::{Moment, Seen3};
use super::*;
use crate::action::Class;
use crate::model::Time;
use crate::runbook::condition::{Seen, Series, Truth};
use crate::runbook::page::{Goto, Runbook, StepKind};
use crate::runbook::parse;
use crate::runbook::value::{Bindings, Facts, Origin, Role, Value};

fn book() -> Runbook {
    let (book, flaws) = parse(
        "crashloopbackoff",
        include_str!("../../../tests/fixtures/runbooks/crashloopbackoff.md"),
    );
    assert_eq!(flaws, []);
    book
}

/// A walk, with its file.
struct Walked {
    walk: Walk,
    file: Vec<Entry>,
    now: i64,
}

impl Walked {
    fn begin(book: &Runbook) -> Self {
        let mut walked = Self {
            walk: Walk::default(),
            file: Vec::new(),
            now: 1_795_834_800,
        };
        let mut facts = Facts::default();
        facts.add(Role::Namespace, "solia", Origin::Selection);
        facts.add(Role::Pod, "backend-1", Origin::Selection);
        facts.add(Role::Deployment, "backend-deployment", Origin::Finding);
        let values = Bindings::begin(book, &facts, &|_| None);
        walked.tell(Event::Matched {
            file: None,
            book: book.name.to_string(),
            hash: "abc".into(),
            environment: "prod".into(),
            reason: "3 pods crash".into(),
        });
        walked.tell(Event::Bound { values });
        walked.tell(Event::Entered {
            step: book.steps[0].id.clone(),
            alone: false,
        });
        walked
    }

    fn tell(&mut self, event: Event) {
        let entry = self.entry(event);
        self.walk.apply(&entry).unwrap();
        self.file.push(entry);
    }

    fn entry(&mut self, event: Event) -> Entry {
        self.now += 1;
        Entry {
            at: Moment(Time(self.now)),
            by: "anna@bastion".into(),
            event,
        }
    }

    /// Runs the step in front and follows where that leads by itself.
    fn run(&mut self, book: &Runbook, seen: &Seen) -> Follow {
        let at = self.walk.current(book).unwrap();
        let step = &book.steps[at];
        let id = step.id.clone();
        self.tell(Event::Started {
            step: id.clone(),
            command: "…".into(),
        });
        if let (Some(name), Some(stdout)) = (step.capture(), &seen.stdout) {
            self.tell(Event::Set {
                name: name.to_owned(),
                value: Value {
                    text: stdout.trim().to_owned(),
                    origin: Origin::Step(id.clone()),
                },
            });
        }
        let outcome = judge(step, seen, &self.walk.bindings);
        self.tell(Event::Ended {
            step: id,
            outcome,
            ms: 40,
            said: "…".into(),
        });
        let class = if step.kind == StepKind::Query { Class::R } else { Class::W1 };
        let follow = follow(book, at, outcome, seen, &self.walk.bindings, class);
        if let Follow::Alone(branch) = follow {
            for event in self.walk.take(book, at, branch, true) {
                self.tell(event);
            }
        }
        follow
    }
}

fn printed(text: &str) -> Seen {
    Seen {
        exit: Some(0),
        stdout: Some(text.to_owned()),
        ..Seen::default()
    }
}

#[test]
fn proven_queries_are_followed_and_the_first_stop_is_the_first_judgement() {
    let book = book();
    let mut walked = Walked::begin(&book);
    assert_eq!(walked.run(&book, &printed("web 0/1 CrashLoopBackOff")), Follow::Alone(0));
    assert_eq!(walked.walk.at.as_deref(), Some("how-did-the-last-container-die"));
    assert_eq!(walked.run(&book, &printed("Error\n")), Follow::Alone(2));
    assert_eq!(walked.walk.bindings.get("LAST_REASON"), Some("Error"));
    assert_eq!(walked.walk.at.as_deref(), Some("read-the-logs-of-the-crash"));
    // What a log means, a person says.
    assert_eq!(walked.run(&book, &printed("FATAL config")), Follow::Ask);
    assert_eq!(walked.walk.at.as_deref(), Some("read-the-logs-of-the-crash"));
    let at = walked.walk.current(&book).unwrap();
    for event in walked.walk.take(&book, at, 0, false) {
        walked.tell(event);
    }
    assert_eq!(walked.walk.at.as_deref(), Some("did-a-deployment-start-it"));
    walked.tell(Event::Back);
    assert_eq!(walked.walk.at.as_deref(), Some("read-the-logs-of-the-crash"));
    // To another page: the variables go along in the hands of whoever opens it.
    let events = walked.walk.take(&book, at, 1, false);
    assert!(matches!(&events[1], Event::HandedOver { book } if book == "database-connection"));
}

#[test]
fn an_action_waits_for_a_person_and_its_warning_is_read_first() {
    let book = book();
    let mut walked = Walked::begin(&book);
    let undo = book.find("undo").unwrap();
    walked.tell(Event::Entered {
        step: book.steps[undo].id.clone(),
        alone: false,
    });
    assert_eq!(walked.walk.armed(&book, undo), Err(Refused("the warning has to be read first")));
    let step = book.steps[undo].id.clone();
    walked.tell(Event::Acknowledged { step });
    assert_eq!(walked.walk.armed(&book, undo), Ok(()));
    assert_eq!(
        walked.run(&book, &printed("rolled back")),
        Follow::Offer(0),
        "nothing is followed alone out of an action"
    );
}

#[test]
fn no_data_is_neither_pass_nor_fail() {
    let text = "---\ntitle: X\noncall: {version: 1}\n---\n# X\n\n## Diagnosis\n\n### A\n\n```promql {\"name\":\"a\",\"kind\":\"query\",\"expect\":\"value == 0\",\"ignore\":\"true\"}\nup\n```\n\n- **Pass** → next step\n- **Fail** → next step\n- **Odd** `value > 3` → next step\n- **Rest** → next step\n";
    let (book, _) = parse("x", text);
    let bindings = Bindings::default();
    let step = &book.steps[0];
    let series = |count, value| Seen {
        series: Some(Series {
            count,
            value,
            ..Series::default()
        }),
        ..Seen::default()
    };
    for (seen, outcome, leads) in [
        (series(0, 0.0), Outcome::NoData, Follow::Ask),
        (Seen::default(), Outcome::NoData, Follow::Ask),
        (series(1, 0.0), Outcome::Passed, Follow::Alone(0)),
        (series(1, 2.0), Outcome::Failed, Follow::Alone(1)),
        (series(1, 4.0), Outcome::Failed, Follow::Alone(2)),
    ] {
        assert_eq!(judge(step, &seen, &bindings), outcome);
        assert_eq!(follow(&book, 0, outcome, &seen, &bindings, Class::R), leads, "{seen:?}");
        // What is not proven is never followed alone.
        assert!(!matches!(follow(&book, 0, outcome, &seen, &bindings, Class::T), Follow::Alone(_)));
    }
}

#[test]
fn a_wait_holds_for_its_time_or_its_time_is_up() {
    let book = book();
    let step = &book.steps[book.find("restarts").unwrap()];
    assert_eq!((step.hold, step.timeout), (Some(300), Some(900)));
    let (begun, at) = (Time(1_000), |seconds: i64| Time(1_000 + seconds));
    for (holds_since, truth, now, outcome) in [
        (None, Truth::True, at(0), None),
        (Some(at(10)), Truth::True, at(200), None),
        (Some(at(10)), Truth::True, at(310), Some(Outcome::Passed)),
        (None, Truth::False, at(899), None),
        (None, Truth::False, at(900), Some(Outcome::TimedOut)),
        (None, Truth::Unknown, at(900), Some(Outcome::TimedOut)),
        (Some(at(700)), Truth::True, at(950), Some(Outcome::TimedOut)),
    ] {
        assert_eq!(looked(step, begun, holds_since, truth, now), outcome, "{truth:?} {now:?}");
    }
}

#[test]
fn escalation_is_a_function_of_time() {
    let book = book();
    let begun = Time(1_000);
    let said = |now: i64| timers(&book, begun, Time(1_000 + now)).iter().map(Timer::said).collect::<Vec<_>>();
    assert_eq!(
        said(0),
        ["escalate to DevOps Team in 15 min", "escalate to P1 in PagerDuty in 30 min"]
    );
    assert_eq!(
        said(11 * 60),
        ["escalate to DevOps Team in 4 min", "escalate to P1 in PagerDuty in 19 min"]
    );
    assert_eq!(
        said(15 * 60),
        ["escalate to P1 in PagerDuty in 15 min", "escalate to DevOps Team now"]
    );
    assert_eq!(budget_left(&book, begun, Time(1_000 + 960)), Some(-60));
    assert_eq!(timers(&book, Time::NEVER, Time(5))[0].left, 900);
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let book = book();
    let mut walked = Walked::begin(&book);
    let id = book.steps[0].id.clone();
    let ended = Event::Ended {
        step: id.clone(),
        outcome: Outcome::Passed,
        ms: 1,
        said: String::new(),
    };
    let other = Event::Started {
        step: book.steps[1].id.clone(),
        command: String::new(),
    };
    for event in [
        ended,
        other,
        Event::Back,
        Event::Bound {
            values: Bindings::default(),
        },
    ] {
        let before = walked.walk.clone();
        let entry = walked.entry(event);
        assert!(walked.walk.apply(&entry).is_err());
        assert_eq!(walked.walk, before);
    }
    walked.tell(Event::Started {
        step: id,
        command: String::new(),
    });
    let entry = walked.entry(Event::Done);
    assert_eq!(walked.walk.apply(&entry), Err(Refused("a step runs: stop it first")));
    walked.tell(Event::Stopped {
        reason: "shift ends".into(),
    });
    let entry = walked.entry(Event::Resumed);
    assert_eq!(walked.walk.apply(&entry), Err(Refused("the walk is over")));
    assert!(
        book.steps
            .iter()
            .flat_map(|step| &step.branches)
            .all(|branch| !matches!(branch.goto, Goto::Nowhere(_)))
    );
}

fn events(steps: Vec<String>) -> impl Strategy<Value = Event> {
    let step = proptest::sample::select(steps);
    let text = "\\PC{0,12}";
    let outcome = proptest::sample::select(vec![
        Outcome::Passed,
        Outcome::Failed,
        Outcome::TimedOut,
        Outcome::NoData,
        Outcome::Stopped,
    ]);
    prop_oneof![
        (step.clone(), any::<bool>()).prop_map(|(step, alone)| Event::Entered { step, alone }),
        step.clone().prop_map(|step| Event::Acknowledged { step }),
        (step.clone(), 0..3_usize, any::<bool>()).prop_map(|(step, task, done)| Event::Ticked { step, task, done }),
        (step.clone(), text).prop_map(|(step, command)| Event::Started { step, command }),
        (step.clone(), proptest::sample::select(vec![Seen3::Yes, Seen3::No, Seen3::NoData]))
            .prop_map(|(step, truth)| Event::Looked { step, truth }),
        (step.clone(), outcome, any::<u32>(), text).prop_map(|(step, outcome, ms, said)| Event::Ended {
            step,
            outcome,
            ms: u64::from(ms),
            said
        }),
        (step.clone(), 0..4_usize).prop_map(|(step, branch)| Event::Answered { step, branch }),
        (step.clone(), text).prop_map(|(step, reason)| Event::Skipped { step, reason }),
        (text, text).prop_map(|(name, value)| Event::Set {
            name,
            value: Value {
                text: value,
                origin: Origin::Typed
            }
        }),
        Just(Event::Back),
        text.prop_map(|text| Event::Noted { text }),
        (step, text).prop_map(|(step, name)| Event::Kept { step, name }),
        Just(Event::Resumed),
        text.prop_map(|to| Event::Escalated { to }),
    ]
}

proptest! {
    #[test]
    fn a_file_that_is_read_again_gives_the_same_walk(events in proptest::collection::vec(events(book().steps.iter().take(4).map(|step| step.id.clone()).collect()), 0..60), end in any::<bool>()) {
        let book = book();
        let mut walked = Walked::begin(&book);
        let ends = end.then_some(Event::Stopped { reason: "enough".into() });
        for event in events.into_iter().chain(ends) {
            let entry = walked.entry(event);
            // As the walker does: what is refused is not written.
            if walked.walk.apply(&entry).is_ok() {
                walked.file.push(entry);
            }
        }
        let text: Vec<String> = walked.file.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        prop_assert!(text.iter().all(|line| !line.contains('\n')));
        let read: Vec<Entry> = text.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(&read, &walked.file);
        prop_assert_eq!(Walk::replay(&read), walked.walk);
    }
}
