//! A team's page as it has always been, with plain fences and no word of ours, opened unchanged: every command line of it is
//! recognised or asked about, none is misread.

use std::sync::Arc;

use quarterdeck::action::Class;
use quarterdeck::runbook::command::How;
use quarterdeck::runbook::library::{Library, Place, Trust};
use quarterdeck::runbook::parse;

use super::{End, Open, Stage, Way};
use crate::journey::books::{state, wait_at};
use quarterdeck::runbook::walk::StepState;

const PAGE: &str = include_str!("../../fixtures/runbooks/devops-page.md");

/// Every command line of the page: what it does to the world, who runs it, and what it is called.
const LINES: &[(&str, Class, How, &str)] = &[
    ("git push origin main", Class::X, How::Shell, ""),
    ("git tag -a v1.2.3 -m \"Release v1.2.3\"", Class::X, How::Shell, ""),
    ("git push origin v1.2.3", Class::X, How::Shell, ""),
    (
        "./infrastructure/scripts/deploy.sh staging --tag v1.2.3",
        Class::W2,
        How::Program,
        "deploy.tag",
    ),
    (
        "./infrastructure/scripts/deploy.sh prod --tag v1.2.3",
        Class::W2,
        How::Program,
        "deploy.tag",
    ),
    (
        "./infrastructure/scripts/deploy.sh prod --rollback",
        Class::W2,
        How::Program,
        "deploy.rollback",
    ),
    (
        "./infrastructure/scripts/deploy.sh staging --dry-run",
        Class::T,
        How::Program,
        "deploy.dry-run",
    ),
    (
        "kubectl rollout undo deployment/backend-deployment",
        Class::W1,
        How::Native,
        "k8s.rollout-undo",
    ),
    (
        "kubectl rollout undo deployment/frontend-deployment",
        Class::W1,
        How::Native,
        "k8s.rollout-undo",
    ),
    (
        "./infrastructure/scripts/deploy.sh prod --rollback",
        Class::W2,
        How::Program,
        "deploy.rollback",
    ),
    (
        "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier solia-prod-restored --db-snapshot-identifier solia-prod-snapshot-20241108",
        Class::D,
        How::Program,
        "rds.restore-snapshot",
    ),
    ("kubectl logs -f <pod-name>", Class::R, How::Native, "k8s.logs"),
    ("kubectl describe pod <pod-name>", Class::R, How::Native, "k8s.describe"),
    ("kubectl get events --sort-by='.lastTimestamp'", Class::R, How::Native, "k8s.events"),
    ("kubectl top pods", Class::R, How::Native, "k8s.top"),
    (
        "kubectl scale deployment backend-deployment --replicas=5",
        Class::W1,
        How::Native,
        "k8s.scale",
    ),
    // At a terminal it is a session, whatever it runs.
    (
        "kubectl exec -it <backend-pod> -- pg_isready -h <db-host>",
        Class::T,
        How::Native,
        "k8s.exec",
    ),
    (
        "kubectl logs <backend-pod> | grep \"connection pool\"",
        Class::R,
        How::Native,
        "k8s.logs",
    ),
    ("kubectl get pods -A", Class::R, How::Native, "k8s.get"),
    ("kubectl get deployments", Class::R, How::Native, "k8s.get"),
    ("kubectl get services", Class::R, How::Native, "k8s.get"),
    ("kubectl get ingress", Class::R, How::Native, "k8s.get"),
    ("kubectl logs -f deployment/backend-deployment", Class::R, How::Native, "k8s.logs"),
    ("kubectl exec -it <pod-name> -- /bin/sh", Class::T, How::Native, "k8s.exec"),
    (
        "kubectl port-forward service/backend 4000:4000",
        Class::T,
        How::Native,
        "k8s.port-forward",
    ),
];

/// The lines between the fences that name a shell, as a person counts them: without comments, continuations joined.
fn counted(page: &str) -> Vec<String> {
    let (mut all, mut inside, mut open) = (Vec::<String>::new(), false, false);
    for line in page.lines().map(str::trim) {
        match line {
            "```bash" => inside = true,
            "```" => inside = false,
            line if inside && !line.is_empty() && !line.starts_with('#') => {
                let text = line.trim_end_matches('\\').trim_end();
                match all.last_mut().filter(|_| open) {
                    Some(last) => *last = format!("{last} {text}"),
                    None => all.push(text.to_owned()),
                }
                open = line.ends_with('\\');
            }
            _ => {}
        }
    }
    all
}

#[test]
fn every_command_line_is_recognised_or_asked_about() {
    let lines: Vec<&str> = LINES.iter().map(|(line, ..)| *line).collect();
    assert_eq!(counted(PAGE), lines, "the table has all lines of the page, and no other");
    let (book, flaws) = parse("devops-page", PAGE);
    assert_eq!(flaws, []);
    let commands: Vec<_> = book.steps.iter().filter_map(|step| step.command()).collect();
    assert_eq!(commands.len(), LINES.len());
    for (command, (line, class, how, name)) in commands.into_iter().zip(LINES) {
        let reading = command.reading_filled(&[], &|_| None);
        assert_eq!(
            (reading.class, reading.how, reading.names.first().copied().unwrap_or_default()),
            (*class, *how, *name),
            "{line}"
        );
        if *class == Class::X {
            assert!(reading.why.is_some(), "{line}: why it is asked about is told");
        }
    }
}

#[test]
fn it_opens_unchanged_and_what_changes_waits_for_a_person() {
    let mut stage = Stage::of("calm");
    let mut library = Library::built_in();
    library.add("devops-page", PAGE, Place::File("/team/devops-page.md".into()), Trust::Directory);
    stage.twin.app.books.library = Arc::new(library);
    stage.walk(&Way {
        page: "devops-page",
        open: Open::Name,
        stops: &[],
        end: End::At("automated-deployment"),
        writes: 0,
    });
    let twin = &mut stage.twin;
    twin.wait_text(&["git push origin main", "not readable, asks first", "ready: enter runs it"]);
    // To what it says of a crash loop: the log is read once, though the page follows it.
    twin.type_text(":step pod-crashloopbackoff\n");
    wait_at(twin, "pod-crashloopbackoff");
    twin.wait_text(&["kubectl logs -f", "reads", "passed"]);
    // And of connections: it says what it still has to be told.
    twin.type_text(":step database-connection-issues\n");
    twin.wait_text(&["it needs DB_HOST: enter asks for it", "a session"]);
    assert_eq!(state(twin, "database-connection-issues"), StepState::Ready);
    assert_eq!(stage.scene.writes().0, 0);
}

/// What is wrong leads into the middle of such a page, to the part that is about it.
#[test]
fn what_is_wrong_leads_to_its_part_of_the_page() {
    let mut stage = Stage::of("pool-exhausted");
    let mut library = Library::built_in();
    library.add("devops-page", PAGE, Place::File("/team/devops-page.md".into()), Trust::Directory);
    let twin = &mut stage.twin;
    twin.app.books.library = Arc::new(library);
    twin.wait_text(&["requests wait for a database connection"]);
    twin.type_text(":runbook dev");
    twin.wait_text(&["DevOps Documentation · it has a part \"Database Connection"]);
    twin.press("down enter");
    twin.wait_until("it is open at that part", |app, screen| {
        let walking = app.books.walking.as_ref();
        walking.is_some_and(|walking| &*walking.page.book.name == "devops-page") && screen.contains("pg_isready")
    });
    let walking = twin.app.books.walking.as_ref().unwrap();
    assert_eq!(walking.walk.trail, Vec::<String>::new(), "it begins there");
    assert_eq!(walking.step().unwrap().title, "Check database connectivity");
}
