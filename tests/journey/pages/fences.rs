//! Fences that are no commands: SQL is done by hand, logs and questions to Logs Insights are opened beside, an address is asked.

use std::sync::Arc;

use quarterdeck::app::view::View;
use quarterdeck::config::CloudWatch;
use quarterdeck::runbook::library::{Library, Place, Trust};
use quarterdeck::runbook::walk::StepState;

use super::Do::On;
use super::{End, Open, Stage, Way};
use crate::journey::books::{state, wait_at, walk};

const PAGE: &str = r#"---
title: Fences
oncall:
  version: 1
---

# Fences

## Variables

```sh {"name":"vars","kind":"vars"}
export NAMESPACE="default"
export DEPLOYMENT="backend-deployment"
export BASE_URL="http://127.0.0.1:1"
```

## Diagnosis

### Is it up?

```http {"name":"up","expect":"status == 200","ignore":"true"}
GET $BASE_URL/health
Accept: application/json
```

- **Pass** → next step
- **Fail** → [Escalation](#escalation)

### What do the logs say?

```logs {"name":"log","group":"GROUP","since":"15m","ignore":"true"}
?"slow query" ?"GET /health"
```

- **Something** → next step
- **Nothing** → [Escalation](#escalation)

### How many of each?

```insights {"name":"count","group":"/solia/production/backend","since":"1h","ignore":"true"}
stats count(*) as lines by level
| sort lines desc
```

### Send a request that changes something

```http {"name":"order","ignore":"true"}
POST $BASE_URL/orders
```

- **Done** → next step
- **Not done** → [Escalation](#escalation)

### Who holds the connections?

```sql {"name":"who","ignore":"true"}
SELECT count(*) FROM pg_stat_activity;
```

- **Many** → done: say so
- **Few** → [Escalation](#escalation)

## Escalation

Somebody.
"#;

fn stage(group: &str, with_cloud: bool) -> Stage {
    let mut stage = Stage::with("calm", |options| {
        options.configured(|config| config.environments[0].cloudwatch.clear())
    });
    if with_cloud {
        // The simulator's own: the same world, seen through another door.
        let site = stage.scene.platform.site(quarterdeck::sim::seed::Environment::Production).unwrap();
        let place = CloudWatch {
            region: "eu-west-3".into(),
            endpoint_url: site.place.cloudwatch.clone(),
            ..CloudWatch::default()
        };
        stage.twin = super::options(&stage.scene)
            .configured(|config| config.environments[0].cloudwatch = vec![place])
            .start();
    }
    let mut library = Library::built_in();
    let text = PAGE.replace("GROUP", group);
    library.add("fences", &text, Place::File("/team/fences.md".into()), Trust::Directory);
    stage.twin.app.books.library = Arc::new(library);
    stage
}

#[test]
fn each_fence_does_what_its_language_says() {
    let mut stage = stage("/none", false);
    // The address is asked without a key; the walk stops at the first that a person reads.
    stage.walk(&Way {
        page: "fences",
        open: Open::Name,
        stops: &[],
        end: End::At("what-do-the-logs-say"),
        writes: 0,
    });
    assert_eq!(state(&stage.twin, "is-it-up"), StepState::Passed);
    let twin = &mut stage.twin;
    wait_at(twin, "what-do-the-logs-say");
    assert!(twin.screen().contains("ready: enter opens it beside"), "{}", twin.screen());
    twin.press("enter");
    // Without CloudWatch the pods have the same lines.
    twin.wait_until("the log view has what is looked for", |app, _| match app.view() {
        View::Log(log) => log.filter() == "slow query|GET /health",
        _ => false,
    });
    // The first takes the filter away, the second leads back.
    twin.press("esc esc");
    twin.wait_text(&["opened in the log view", "▸1 Something"]);
    twin.press("1");
    wait_at(twin, "how-many-of-each");
    twin.press("enter");
    twin.wait_text(&["no CloudWatch"]);
    twin.press(">");
    twin.type_text("there is none here\n");
    // What changes something is not sent from here, and SQL is done by hand: both are answered.
    wait_at(twin, "send-a-request-that-changes-something");
    twin.wait_text(&["it does more than look, so it is not sent from here", "POST $BASE_URL/orders"]);
    twin.press("1");
    wait_at(twin, "who-holds-the-connections");
    twin.wait_text(&["by hand: c copies it; run it in psql", "SELECT count(*)"]);
    twin.press("c");
    assert_eq!(twin.record.copied.last().unwrap(), "SELECT count(*) FROM pg_stat_activity;");
    twin.press("1");
    twin.wait_text(&["The walk is done"]);
    assert_eq!(walk(twin).progress("who-holds-the-connections").state, StepState::Answered);
}

#[test]
fn with_cloudwatch_its_groups_are_read_and_asked() {
    let mut stage = stage("/solia/production/backend", true);
    stage.walk(&Way {
        page: "fences",
        open: Open::Name,
        stops: &[("what-do-the-logs-say", &[On])],
        end: End::At("what-do-the-logs-say"),
        writes: 0,
    });
    let twin = &mut stage.twin;
    twin.wait_text(&["log cloudwatch:/solia/production/backend", "slow query|GET /health"]);
    // The first takes the filter away, the second leads back.
    twin.press("esc esc");
    twin.wait_text(&["opened in the log view", "▸1 Something"]);
    twin.press("1");
    wait_at(twin, "how-many-of-each");
    twin.press("enter");
    twin.wait_until("Insights has answered", |app, screen| {
        matches!(app.view(), View::Insights(_)) && screen.contains("lines") && screen.contains("info")
    });
    twin.press("esc");
    wait_at(twin, "how-many-of-each");
    twin.press("enter");
    wait_at(twin, "send-a-request-that-changes-something");
}

/// A line of the AWS command line that only asks for log lines needs no such program.
#[test]
fn a_line_for_the_logs_of_aws_opens_the_log_view() {
    let mut stage = stage("/solia/production/backend", true);
    let page = "# Ours\n\n```sh\naws logs tail /solia/production/backend --since 15m --filter-pattern '?GET ?POST'\n```\n\n## Then\n\n- [ ] seen\n";
    let mut library = Library::built_in();
    library.add("ours", page, Place::File("/team/ours.md".into()), Trust::Directory);
    let twin = &mut stage.twin;
    twin.app.books.library = Arc::new(library);
    twin.wait_text(&[" live "]);
    twin.type_text(":runbook ours\n");
    twin.wait_text(&["ready: enter opens it beside"]);
    twin.press("enter");
    twin.wait_text(&["log cloudwatch:/solia/production/backend", "GET|POST", "method=GET"]);
    twin.press("esc esc");
    twin.wait_text(&["opened in the log view"]);
    twin.press("enter");
    twin.wait_text(&["[ ] seen"]);
}
