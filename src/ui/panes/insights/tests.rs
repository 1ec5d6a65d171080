use super::*;
use crate::model::{CloudPlace, Fact, InsightsFact, InsightsTable, Scanned, Seen};

const NOW: Time = Time(1_795_406_400);

fn store() -> Store {
    let mut store = Store::new(1);
    store.set_clouds(EnvId(0), vec![CloudPlace::default()]);
    store
}

fn pane() -> InsightsPane {
    let wish = Wish {
        groups: vec!["/a".into()],
        span: 600,
        query: "fields n, @message".into(),
    };
    InsightsPane::new(EnvId(0), wish)
}

fn settle(pane: &mut InsightsPane, store: &Store) {
    pane.settle(store, Rect::new(0, 0, 60, 12), NOW);
}

fn tell(store: &mut Store, pane: &InsightsPane, fact: InsightsFact) {
    let Stage::Asked(key) = &pane.stage else {
        panic!("{:?}", pane.stage)
    };
    store.apply(Fact {
        env: EnvId(0),
        at: NOW,
        seen: Seen::Insights(key.clone(), fact),
    });
}

fn table() -> InsightsTable {
    let row = |n: usize| vec![n.to_string().into(), format!("line {n}\n\tat frame").into()];
    InsightsTable {
        columns: vec!["n".into(), "@message".into()],
        rows: (0..20).map(row).collect(),
    }
}

fn answered() -> InsightsPane {
    let (mut store, mut pane) = (store(), pane());
    settle(&mut pane, &store);
    let demands = pane.demands(store.env(EnvId(0)));
    assert!(matches!(demands.as_slice(), [Demand::Insights(_, key)] if key.from == Time(NOW.0 - 600) && key.until == NOW));
    store.expect(&demands[0]);
    tell(
        &mut store,
        &pane,
        InsightsFact::Running(Scanned::default(), InsightsTable::default()),
    );
    settle(&mut pane, &store);
    tell(&mut store, &pane, InsightsFact::Done(Scanned::default(), table()));
    settle(&mut pane, &store);
    // Nobody has to be told any more, and what was told stays.
    assert!(pane.demands(store.env(EnvId(0))).is_empty());
    store.forget(&demands[0]);
    settle(&mut pane, &store);
    pane
}

#[test]
fn an_answer_is_walked_searched_and_taken_out() {
    let mut pane = answered();
    pane.travel(Command::Bottom, 5);
    assert_eq!(pane.copied(), "19\tline 19  at frame");
    pane.search("LINE 3");
    assert_eq!(pane.cursor, 19, "no line has it in capitals");
    pane.search("line 3");
    assert_eq!(pane.cursor, 3);
    assert!(pane.content().starts_with("n\t@message\n0\tline 0"), "{}", pane.content());
    assert_eq!(pane.file_title(), "insights-a.tsv");
    pane.toggle();
    assert_eq!(draw::record(&pane), ["  n: 3", "  @message: line 3", "\tat frame"]);
}

#[test]
fn what_is_stopped_or_left_is_not_asked_again_by_itself() {
    let (store, mut pane) = (store(), pane());
    settle(&mut pane, &store);
    let Stage::Asked(key) = pane.stage.clone() else { panic!() };
    pane.left(&InsightsKey { limit: 9, ..key.clone() });
    assert!(!pane.demands(store.env(EnvId(0))).is_empty(), "another question was left");
    pane.left(&key);
    settle(&mut pane, &store);
    assert!(pane.demands(store.env(EnvId(0))).is_empty() && !pane.stop());
    pane.ask_since(60);
    settle(&mut pane, &store);
    assert!(matches!(&pane.stage, Stage::Asked(key) if key.from == Time(NOW.0 - 60)));
    assert!(pane.stop());
}

#[test]
fn what_cannot_be_asked_is_said() {
    let mut store = store();
    let mut pane = pane();
    pane.wish.groups.clear();
    settle(&mut pane, &store);
    assert!(
        matches!(&pane.stage, Stage::Refused(problem) if problem.to_string() == "no log group is named (:insights cloudwatch:GROUP …)")
    );
    store.set_clouds(EnvId(0), Vec::new());
    let mut pane = self::pane();
    settle(&mut pane, &store);
    assert!(matches!(&pane.stage, Stage::Refused(problem) if problem.text.contains("no CloudWatch")));
}
