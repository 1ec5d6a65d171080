use proptest::prelude::*;

use super::*;

fn templates(lines: &[&str]) -> Vec<(String, u64)> {
    let mut all = Templates::default();
    for (i, line) in lines.iter().enumerate() {
        all.add(line, i as i64 + 1);
    }
    all.by_count()
        .into_iter()
        .map(|cluster| (cluster.template(), cluster.count))
        .collect()
}

#[test]
fn lines_that_say_the_same_are_one_template() {
    assert_eq!(
        templates(&[
            "order 1 of customer 7 confirmed",
            "order 2 of customer 9 confirmed",
            "connection to 10.0.0.7:5432 refused",
            "order 3 of customer 7 confirmed",
            "connection to 10.0.0.8:5432 refused",
            "something else",
        ]),
        [
            ("order ‹› of customer ‹› confirmed".to_owned(), 3),
            ("connection to ‹› refused".to_owned(), 2),
            ("something else".to_owned(), 1),
        ]
    );
}

#[test]
fn words_that_differ_are_masked_where_the_rest_is_the_same() {
    assert_eq!(
        templates(&[
            "the user alice has logged in",
            "the user bob has logged in",
            "the user is gone for good"
        ]),
        [
            ("the user ‹› has logged in".to_owned(), 2),
            ("the user is gone for good".to_owned(), 1)
        ]
    );
}

#[test]
fn json_and_logfmt_are_told_apart_by_message_and_level() {
    assert_eq!(
        templates(&[
            r#"{"level":"info","time":1,"msg":"order 1 accepted","customer":"x"}"#,
            r#"{"level":"info","time":2,"msg":"order 2 accepted","shop":{"msg":"y"}}"#,
            r#"{"level":"error","time":3,"msg":"order 3 accepted"}"#,
            r#"level=info ts=1 msg="order 4 accepted" x=1"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":"x","b":"y"}"#,
        ]),
        [
            ("order ‹› accepted".to_owned(), 3),
            ("a b".to_owned(), 2),
            ("order ‹› accepted".to_owned(), 1),
        ]
    );
}

#[test]
fn what_is_new_since_a_moment_is_told() {
    let mut all = Templates::default();
    let old = all.add("connected to db", 100).unwrap();
    all.add("cache is cold", 200);
    all.add("connected to db", 300);
    all.add("cache is cold", 250);
    all.add("no time at all", 0);
    let new: Vec<_> = all
        .new_since(150)
        .into_iter()
        .map(|c| (c.template(), c.count, c.first, c.last))
        .collect();
    assert_eq!(new, [("cache is cold".to_owned(), 2, 200, 250)]);
    let old = all.get(old).unwrap();
    assert_eq!((old.first, old.last, &*old.example), (100, 300, "connected to db"));
    assert_eq!(all.find("connected to db"), Some(old.id));
    assert_eq!(all.find("never said"), None);
}

#[test]
fn what_does_not_fit_is_counted() {
    let mut all = Templates::new(10);
    for i in 0..100_u32 {
        // Words without digits, all of them different.
        let word: String = format!("{i:03}").bytes().map(|b| char::from(b - b'0' + b'k')).collect();
        all.add(&word, 1);
    }
    assert_eq!((all.all().len(), all.others()), (10, 90));
    assert!(all.add("kkk", 1).is_some(), "what has a place keeps it");
}

proptest! {
    #[test]
    fn every_line_is_counted_once(lines in prop::collection::vec("[a-c0-9 ]{0,8}", 0..60), most in 1..8_usize) {
        let (mut all, mut again) = (Templates::new(most), Templates::new(most));
        for (i, line) in lines.iter().enumerate() {
            let id = all.add(line, i as i64);
            prop_assert_eq!(again.add(line, i as i64), id);
        }
        let counted: u64 = all.all().iter().map(|cluster| cluster.count).sum();
        prop_assert_eq!(counted + all.others(), lines.len() as u64);
        prop_assert!(all.all().len() <= most);
        prop_assert_eq!(all.all(), again.all());
    }

    #[test]
    fn any_line_has_a_template(line in any::<String>()) {
        let mut all = Templates::default();
        prop_assert!(all.add(&line, 1).is_some());
    }
}
