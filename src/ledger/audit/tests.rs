use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn moment(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn deed(command: &str) -> Deed {
    Deed {
        environment: "prod".into(),
        action: "scale".into(),
        command: command.into(),
        ..Deed::default()
    }
}

struct Desk {
    root: tempfile::TempDir,
    audit: Audit,
}

impl Desk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let actor = Actor {
            host: "bastion".into(),
            user: "ann".into(),
            session: "1".into(),
        };
        let audit = Audit::new(root.path().join("audit"), Some(root.path().join("refuge")), actor);
        Self { root, audit }
    }

    fn write(&self, command: &str, at: &str) -> Receipt {
        self.audit.append(AuditKind::Intended, deed(command), moment(at)).unwrap()
    }

    fn day(&self, day: &str) -> PathBuf {
        self.root.path().join("audit").join(format!("{day}.jsonl"))
    }

    /// The commands of the lines, and what is wrong with the chain.
    fn read(&self) -> (Vec<String>, Vec<(String, usize)>) {
        let placed = self.audit.read().unwrap();
        let wrong = placed
            .iter()
            .filter(|line| !line.follows || line.event.is_err())
            .map(|line| (line.file.file_stem().unwrap().to_string_lossy().into_owned(), line.line))
            .collect();
        let commands = placed
            .into_iter()
            .filter_map(|line| line.event.ok())
            .map(|event| event.data.command);
        (commands.collect(), wrong)
    }
}

const MONDAY: &str = "2026-11-23T23:59:00Z";
const TUESDAY: &str = "2026-11-24T00:01:00Z";

#[test]
fn each_line_names_the_one_before_it_over_midnight_too() {
    let desk = Desk::new();
    assert_eq!(desk.audit.read().unwrap().len(), 0, "no files: no lines");
    desk.write("a", MONDAY);
    desk.write("b", MONDAY);
    desk.write("c", TUESDAY);
    assert_eq!(desk.read(), (vec!["a".into(), "b".into(), "c".into()], vec![]));
    let monday = fs::read(desk.day("2026-11-23")).unwrap();
    let last = monday.split(|byte| *byte == b'\n').nth(1).unwrap();
    let tuesday: serde_json::Value = serde_json::from_slice(&fs::read(desk.day("2026-11-24")).unwrap()).unwrap();
    assert_eq!(tuesday["prev"], chain::hash(last));
    assert_eq!(tuesday["type"], "dev.quarterdeck.action.intended");
    assert_eq!(tuesday["source"], "//bastion/ann/1");
    #[cfg(unix)]
    for path in ["audit/2026-11-23.jsonl", "audit/lock"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(desk.root.path().join(path)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    // The first example of FIPS 180-2.
    assert_eq!(
        chain::hash(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn a_clock_that_is_put_back_does_not_break_the_chain() {
    let desk = Desk::new();
    desk.write("a", TUESDAY);
    desk.write("b", MONDAY);
    assert_eq!(desk.read(), (vec!["a".into(), "b".into()], vec![]));
    assert!(!desk.day("2026-11-23").exists());
}

#[test]
fn what_is_changed_taken_out_or_put_in_is_noticed() {
    let lines = |desk: &Desk| -> Vec<String> {
        let text = fs::read_to_string(desk.day("2026-11-23")).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    type Forge = fn(&mut Vec<String>);
    let cases: [(Forge, usize); 4] = [
        (|lines| lines[1] = lines[1].replace("\"b\"", "\"x\""), 3),
        (|lines| drop(lines.remove(1)), 2),
        (|lines| lines.insert(1, lines[0].clone()), 2),
        (|lines| lines[1] = "nonsense".into(), 2),
    ];
    for (forge, at) in cases {
        let desk = Desk::new();
        for command in ["a", "b", "c", "d"] {
            desk.write(command, MONDAY);
        }
        let mut all = lines(&desk);
        forge(&mut all);
        fs::write(desk.day("2026-11-23"), all.join("\n") + "\n").unwrap();
        assert_eq!(desk.read().1[0], ("2026-11-23".to_owned(), at));
    }
}

#[test]
fn after_a_crash_in_the_middle_of_a_line_the_next_one_stands_on_its_own() {
    let desk = Desk::new();
    desk.write("a", MONDAY);
    let mut file = OpenOptions::new().append(true).open(desk.day("2026-11-23")).unwrap();
    file.write_all(b"{\"specversion\":\"1.0\",\"id\":\"17").unwrap();
    desk.write("b", TUESDAY);
    desk.write("c", TUESDAY);
    let placed = desk.audit.read().unwrap();
    assert!(placed.iter().all(|line| line.follows), "{placed:?}");
    assert_eq!(placed[1].event, Err(Flaw::CutOff));
    assert_eq!(desk.read().0, ["a", "b", "c"]);

    // On the same day it stands in the same file.
    let desk = Desk::new();
    desk.write("a", MONDAY);
    let mut file = OpenOptions::new().append(true).open(desk.day("2026-11-23")).unwrap();
    file.write_all(b"{\"specversion\"").unwrap();
    desk.write("b", MONDAY);
    assert_eq!(desk.read().0, ["a", "b"]);
    assert!(desk.audit.read().unwrap().iter().all(|line| line.follows));
}

#[test]
fn several_may_write_at_once() {
    let desk = Arc::new(Desk::new());
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let desk = desk.clone();
            std::thread::spawn(move || {
                for line in 0..25 {
                    desk.write(&format!("{writer}/{line}"), MONDAY);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    let (commands, wrong) = desk.read();
    assert_eq!(wrong, []);
    let unique: std::collections::HashSet<_> = commands.iter().collect();
    assert_eq!((commands.len(), unique.len()), (100, 100));
}

#[test]
fn where_it_cannot_be_written_there_is_a_refuge_and_later_all_is_in_its_place() {
    let desk = Desk::new();
    let place = desk.root.path().join("audit");
    fs::write(&place, "a file where the directory should be").unwrap();
    let receipt = desk.write("a", MONDAY);
    assert!(receipt.elsewhere.unwrap().starts_with("cannot write "));
    desk.write("b", MONDAY);
    fs::remove_file(&place).unwrap();
    let refuge = desk.root.path().join("refuge/2026-11-23.jsonl");
    let kept = fs::read(&refuge).unwrap();
    assert_eq!(desk.write("c", TUESDAY).elsewhere, None);
    assert_eq!(desk.read(), (vec!["a".into(), "b".into(), "c".into()], vec![]));
    assert!(!refuge.exists());

    // As if a crash had come between putting them there and taking them away.
    fs::write(&refuge, kept).unwrap();
    desk.write("d", TUESDAY);
    assert_eq!(desk.read().0, ["a", "b", "c", "d"]);
}

#[test]
fn where_nothing_can_be_written_nothing_may_happen() {
    let desk = Desk::new();
    fs::write(desk.root.path().join("audit"), "").unwrap();
    fs::write(desk.root.path().join("refuge"), "").unwrap();
    let problem = desk.audit.append(AuditKind::Intended, deed("a"), moment(MONDAY)).unwrap_err();
    assert!(problem.text.contains("audit") && problem.text.contains("; nor "), "{problem}");
    assert!(problem.hint.starts_with("without an audit nothing is changed"));
}

/// A disk that is full takes what it can: nothing of a line that did not fit may stay.
#[cfg(target_os = "linux")]
#[test]
fn what_did_not_fit_leaves_no_trace() {
    let mut full = File::options().write(true).open("/dev/full").unwrap();
    assert!(full.write_all(b"x").is_err(), "this machine has no full device");
    let desk = Desk::new();
    desk.write("a", MONDAY);
    // The next day's file leads to the full device.
    std::os::unix::fs::symlink("/dev/full", desk.day("2026-11-24")).unwrap();
    let receipt = desk.write("b", TUESDAY);
    assert!(receipt.elsewhere.unwrap().contains("o space left"));
}

#[test]
fn an_intent_without_an_outcome_is_found() {
    let desk = Desk::new();
    let done = desk.write("a", MONDAY);
    let open = desk.write("b", MONDAY);
    let outcome = Deed {
        intent: Some(done.id),
        outcome: Some(AuditOutcome::Succeeded),
        duration_ms: Some(40),
        ..deed("a")
    };
    desk.audit.append(AuditKind::Outcome, outcome, moment(TUESDAY)).unwrap();
    let left = desk.audit.open_intents().unwrap();
    assert_eq!(left.iter().map(|event| &*event.id).collect::<Vec<_>>(), [&*open.id]);
    assert_eq!((left[0].host(), left[0].user()), ("bastion", "ann"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever stands in it: one line, read back as it was.
    #[test]
    fn any_text_is_one_line_and_comes_back(command in any::<String>(), reason in any::<String>()) {
        let desk = Desk::new();
        let wanted = Deed { reason, ..deed(&command) };
        desk.audit.append(AuditKind::Dropped, wanted.clone(), moment(MONDAY)).unwrap();
        let placed = desk.audit.read().unwrap();
        prop_assert_eq!(placed.len(), 1);
        prop_assert_eq!(&placed[0].event.as_ref().unwrap().data, &wanted);
        prop_assert!(placed[0].follows);
    }
}
