use super::*;
use crate::action::kubectl::parse;
use crate::action::plan::{Blast, Change, Draft, Right, Verdict, Write};
use crate::config::{Freeze, Guard};
use crate::model::{EnvId, Known, ObjectRef, Server};

const NOW: Time = Time(1_700_000_000);

/// A plan of this line on so many objects.
fn plan(line: &str, touched: usize) -> Plan {
    let action = parse(line).unwrap();
    let object = |n: usize| ObjectRef {
        kind: Known::Pod.into(),
        namespace: "solia".into(),
        name: if n == 0 { "web".into() } else { format!("web-{n}").into() },
    };
    let change = |n| Change {
        object: object(n),
        uid: format!("u{n}"),
        steps: Vec::new(),
        remark: None,
        owner: None,
        write: Write::Delete {
            grace: None,
            propagation: None,
        },
    };
    Plan {
        class: action.class(&[]),
        draft: Draft {
            id: 1,
            env: EnvId(0),
            action: action.clone(),
            objects: (0..touched).map(object).collect(),
            written: None,
            origin: Origin::Asked,
            least: None,
            floor: None,
            at: NOW,
        },
        title: String::new(),
        verb: crate::action::plan::word(&action.verb),
        action,
        changes: (0..touched).map(change).collect(),
        number: None,
        effect: String::new(),
        blast: Blast::default(),
        notes: Vec::new(),
        rights: Vec::new(),
        inverse: Err(""),
        raised: Vec::new(),
        offer: None,
        made: NOW,
    }
}

struct Case {
    config: Config,
    environment: Environment,
    lock: Lock,
    again: bool,
    tried: Tried,
    user: &'static str,
}

impl Case {
    fn of(tier: Tier) -> Self {
        Self {
            config: Config::default(),
            environment: Environment {
                name: "production".into(),
                label: "prod".into(),
                tier,
                ..Environment::default()
            },
            lock: Lock::Open,
            again: false,
            tried: Tried::Accepted(Vec::new()),
            user: "anna",
        }
    }

    fn ruling(&self, plan: &Plan) -> Ruling {
        rule(
            plan,
            &Circumstances {
                config: &self.config,
                environment: &self.environment,
                user: self.user,
                server: &Server {
                    host: "10.0.0.1:6443".into(),
                    cluster: "solia-prod".into(),
                    ..Server::default()
                },
                lock: &self.lock,
                zone: &jiff::tz::TimeZone::UTC,
                now: NOW,
                again: self.again,
                tried: &self.tried,
            },
        )
    }

    /// `free`, `key`, `token prod 5`, `refused: …`
    fn told(&self, plan: &Plan) -> String {
        match self.ruling(plan) {
            Ruling::Free => "free".into(),
            Ruling::Refused(problem) => format!("refused: {}", problem.text),
            Ruling::Ask(question) => match question.level() {
                Level::Key => "key".into(),
                Level::Token => format!("token {}", question.token()),
                Level::Full => format!("full {}", question.token()),
            },
        }
    }
}

#[test]
fn what_is_asked_grows_with_the_tier_and_the_harm() {
    let cases: [(&str, [&str; 3]); 10] = [
        ("kubectl get pods", ["free", "free", "free"]),
        ("kubectl exec web -- pg_isready", ["free", "free", "free"]),
        ("kubectl exec -it web -- sh", ["free", "free", "token prod exec"]),
        ("kubectl port-forward web 8080:80", ["free", "free", "key"]),
        ("kubectl cp web:/a ./a", ["free", "free", "key"]),
        ("kubectl rollout restart deploy/web", ["key", "key", "token prod restart"]),
        ("kubectl cordon n", ["key", "key", "token prod cordon"]),
        ("kubectl delete pod web", ["key", "token prod delete", "token prod delete"]),
        ("kubectl delete pvc data", ["token prod delete", "full prod/web", "full prod/web"]),
        ("kubectl delete ns solia", ["token prod delete", "full prod/web", "full prod/web"]),
    ];
    for (line, expected) in cases {
        for (tier, expected) in [Tier::Open, Tier::Confirm, Tier::Guarded].into_iter().zip(expected) {
            assert_eq!(Case::of(tier).told(&plan(line, 1)), expected, "{line} in {tier:?}");
        }
    }
}

#[test]
fn the_token_is_the_number_of_the_effect() {
    let mut plan = plan("kubectl scale deploy/web --replicas=5", 1);
    plan.number = Some("5".into());
    assert_eq!(Case::of(Tier::Guarded).told(&plan), "token prod 5");
}

#[test]
fn what_empties_a_service_or_touches_many_is_asked_in_full() {
    let case = Case::of(Tier::Guarded);
    let mut emptied = plan("kubectl scale deploy/web --replicas=0", 1);
    emptied.blast.ready = Some((3, 0));
    assert_eq!(case.told(&emptied), "full prod/web");
    assert_eq!(case.told(&plan("kubectl delete pod a b", 10)), "token prod delete");
    assert_eq!(case.told(&plan("kubectl delete pod a b", 11)), "full prod/11 pods");
}

#[test]
fn an_unknown_shell_command_is_refused_in_production() {
    let mut case = Case::of(Tier::Guarded);
    let mut shell = plan("kubectl get pods", 1);
    shell.class = Class::X;
    assert!(case.told(&shell).starts_with("refused: shell commands"));
    case.config.guard.allow_shell = vec!["prod".into()];
    assert_eq!(case.told(&shell), "full prod/web");
}

#[test]
fn what_was_just_done_and_what_could_not_be_seen_ask_for_more() {
    let line = plan("kubectl rollout restart deploy/web", 1);
    let mut case = Case::of(Tier::Open);
    case.again = true;
    assert_eq!(case.told(&line), "full prod/web");
    let mut case = Case::of(Tier::Open);
    case.tried = Tried::Silent(refused("no answer within 3 s"));
    assert_eq!(case.told(&line), "token prod restart");
    let mut blind = line.clone();
    blind.raised = vec!["whether you may is not known".into()];
    assert_eq!(case.told(&blind), "full prod/web", "two blind spots");
    let mut back = plan("kubectl rollout undo deploy/web", 1);
    back.draft.origin = Origin::Undo;
    assert_eq!(Case::of(Tier::Open).told(&back), "full prod/web", "to bring the bad revision back");
}

#[test]
fn what_the_server_or_a_right_refuses_is_not_asked() {
    let mut case = Case::of(Tier::Open);
    case.tried = Tried::Refused(refused("exceeded quota"));
    assert_eq!(
        case.told(&plan("kubectl scale deploy/web --replicas=5", 1)),
        "refused: exceeded quota"
    );
    let mut denied = plan("kubectl delete pod web", 1);
    let right = Right {
        verb: "delete",
        group: String::new(),
        resource: "pods".into(),
        subresource: "",
        namespace: "solia".into(),
        name: String::new(),
    };
    denied.rights = vec![(right, Ok(Verdict::Denied(String::new())))];
    assert_eq!(Case::of(Tier::Open).told(&denied), "refused: you may not delete pods in solia");
}

#[test]
fn policies_refuse_or_ask_for_more_and_the_first_that_fits_holds() {
    let policy = |actions: &str, who: &str, rule, level| Policy {
        environments: vec!["prod".into()],
        actions: vec![actions.into()],
        rule,
        level,
        who: if who.is_empty() { Vec::new() } else { vec![who.into()] },
        reason: "ask the DevOps team".into(),
    };
    let mut case = Case::of(Tier::Confirm);
    case.config.policies = vec![
        policy("delete", "intern", Rule::Deny, None),
        policy("delete", "", Rule::Confirm, Some(Level::Full)),
        policy("restart", "", Rule::Confirm, None),
    ];
    let delete = plan("kubectl delete pod web", 1);
    assert_eq!(case.told(&delete), "full prod/web");
    assert_eq!(
        case.told(&plan("kubectl rollout restart deploy/web", 1)),
        "key",
        "no level: what the tier asks"
    );
    case.user = "intern";
    assert_eq!(case.told(&delete), "refused: delete is not done in prod: ask the DevOps team");
}

#[test]
fn in_a_freeze_only_what_can_be_taken_back_is_possible() {
    let mut case = Case::of(Tier::Open);
    case.config.freezes = vec![Freeze {
        name: "year end".into(),
        from: Some("2023-01-01T00:00:00".parse().unwrap()),
        until: Some("2024-01-01T00:00:00".parse().unwrap()),
        ..Freeze::default()
    }];
    assert_eq!(case.told(&plan("kubectl rollout undo deploy/web", 1)), "full prod/web");
    assert_eq!(case.told(&plan("kubectl delete pod web", 1)), "refused: no changes now: year end");
    assert_eq!(case.told(&plan("kubectl exec -it web -- sh", 1)), "free");
}

#[test]
fn too_many_objects_and_the_wrong_cluster_are_refused() {
    let mut case = Case::of(Tier::Open);
    case.config.guard = Guard {
        max_objects: Some(3),
        ..Guard::default()
    };
    assert!(
        case.told(&plan("kubectl delete pod a b", 4))
            .starts_with("refused: 4 objects are more than the 3")
    );
    let mut case = Case::of(Tier::Open);
    case.environment.identity.server = "https://abc.eks.amazonaws.com".into();
    assert_eq!(
        case.told(&plan("kubectl delete pod a", 1)),
        "refused: the API server is 10.0.0.1:6443, not the https://abc.eks.amazonaws.com that the configuration names"
    );
    assert!(
        case.told(&plan("kubectl get pods", 1)).starts_with("refused: "),
        "not even what is free elsewhere"
    );
    case.environment.identity.server = "https://10.0.0.1:6443/".into();
    assert_eq!(case.told(&plan("kubectl cordon n", 1)), "key");
    case.environment.identity.cluster = "solia-prod".into();
    assert_eq!(case.told(&plan("kubectl cordon n", 1)), "key");
    case.environment.identity.account = "123456789012".into();
    assert_eq!(
        case.told(&plan("kubectl cordon n", 1)),
        "token prod cordon",
        "the account cannot be told"
    );
    case.environment.identity.cluster = "solia-staging".into();
    assert_eq!(
        case.told(&plan("kubectl cordon n", 1)),
        "refused: the cluster is solia-prod, not the solia-staging that the configuration names"
    );
}

#[test]
fn only_the_very_answer_confirms_and_a_lock_wants_a_reason() {
    let restart = plan("kubectl rollout restart deploy/web", 1);
    let ask = |case: &Case| match case.ruling(&restart) {
        Ruling::Ask(question) => question,
        other => panic!("{other:?}"),
    };
    let open = ask(&Case::of(Tier::Open));
    for wrong in [Answer::Key('Y'), Answer::Key('\n'), Answer::Typed("y"), Answer::Typed("")] {
        assert_eq!(open.confirm(&restart, &wrong, "", NOW), None, "{wrong:?}");
    }
    assert_eq!(open.confirm(&restart, &Answer::Key('y'), "", NOW).unwrap().level(), "key");

    let mut case = Case::of(Tier::Guarded);
    case.lock = Lock::Locked;
    let locked = ask(&case);
    assert!(locked.unlocks());
    assert_eq!(
        locked.confirm(&restart, &Answer::Typed("prod restart"), " ", NOW),
        None,
        "no reason"
    );
    assert_eq!(locked.confirm(&restart, &Answer::Typed("prod"), "5xx", NOW), None);
    assert_eq!(locked.confirm(&restart, &Answer::Typed("PROD restart"), "5xx", NOW), None);
    assert_eq!(locked.confirm(&restart, &Answer::Key('y'), "5xx", NOW), None, "a key is not enough");
    let confirmed = locked.confirm(&restart, &Answer::Typed(" prod restart "), "5xx", NOW).unwrap();
    assert_eq!((confirmed.level(), confirmed.reason()), ("token", "5xx"));
    assert_eq!(
        confirmed.lease(),
        Some(30 * 60),
        "in a guarded environment a session ends by itself"
    );
    assert_eq!(
        Confirmed::free(&restart, &case.ruling(&restart), NOW),
        None,
        "what is asked is not free"
    );
}

#[test]
fn a_forward_without_a_plan_is_asked_by_tier_and_policy() {
    let asked = |case: &Case| forward(&case.config, &case.environment, case.user).map_err(|problem| problem.text.to_string());
    let mut case = Case::of(Tier::Guarded);
    assert_eq!(asked(&case), Ok(Some(Level::Key)));
    assert_eq!(asked(&Case::of(Tier::Open)), Ok(None));
    let policy = |rule, level| Policy {
        environments: Vec::new(),
        actions: vec!["forward".into()],
        rule,
        level,
        who: Vec::new(),
        reason: "use the bastion".into(),
    };
    case.config.policies = vec![policy(Rule::Confirm, Some(Level::Full))];
    assert_eq!(asked(&case), Ok(Some(Level::Full)));
    case.config.policies = vec![policy(Rule::Deny, None)];
    assert_eq!(asked(&case), Err("forward is not done in prod: use the bastion".into()));
}
