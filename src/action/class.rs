//! How much an action can do, from the action alone.
//!
//! What is not proven harmless is taken for the worse. A plan, which knows the objects, may find an action worse (replicas
//! that reach 0) or, where the reason below says so, better.

use super::{Action, Exec};
use super::{CopyPath, DryRun, Effect, EnvEdit, KindName, Nodes, Rollout, TaintChange, Target, Verb, Word};
use crate::model::Known;

/// What an action does to the world; later ones are worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Reads.
    R,
    /// Transient: ends with its session and leaves nothing behind by itself.
    T,
    /// A change that another change takes back.
    W1,
    /// Disruptive, or of many objects.
    W2,
    /// May lose data.
    D,
    /// A command that could not be read.
    X,
}

/// Programs that only read, however they are called; `nc` and `date` do so with some arguments alone.
pub const READ_COMMANDS: [&str; 8] = ["pg_isready", "nc", "getent", "nslookup", "df", "ps", "ls", "date"];

/// Kinds that kubectl has, that we do not know by heart, and whose objects hold no data of their own.
const WITHOUT_DATA: [&str; 12] = [
    "endpoints",
    "ep",
    "replicationcontroller",
    "replicationcontrollers",
    "rc",
    "lease",
    "leases",
    "limitrange",
    "limitranges",
    "resourcequota",
    "resourcequotas",
    "quota",
];

impl Action {
    /// What the action does to the world. `also` are programs that the configuration counts as reading.
    pub fn class(&self, also: &[String]) -> Class {
        if self.verb.dry_run() != DryRun::None {
            // Nothing is kept; on the server, admission is asked without side effects.
            return Class::R;
        }
        match &self.verb {
            Verb::Get(_) | Verb::Describe(_) | Verb::Logs(_) | Verb::Events(_) | Verb::Top(_) | Verb::CanI(_) => Class::R,
            Verb::Rollout {
                rollout: Rollout::Status { .. } | Rollout::History { .. },
                ..
            } => Class::R,
            // A program that is known to read, with arguments that are known.
            Verb::Exec(exec) if reads(exec, also) => Class::R,
            // Whoever is in a container can do anything there, but by hand and under the eyes of the recording.
            Verb::Exec(_) | Verb::Attach(_) | Verb::PortForward(_) | Verb::Debug(_) => Class::T,
            // Out: only this machine's files change. In: a running container's do.
            Verb::Cp(copy) if matches!(copy.from, CopyPath::Pod { .. }) => Class::T,
            Verb::Cp(_) => Class::W2,
            // To none: whatever it served is down. A number that is still to be filled in may be 0.
            Verb::Scale(scale) if scale.replicas.value().is_none_or(|replicas| replicas == 0) => Class::W2,
            Verb::Scale(scale) => change(&scale.target),
            // Undo without a revision is bound to one by the plan.
            Verb::Rollout {
                target,
                rollout: Rollout::Undo { .. } | Rollout::Restart | Rollout::Pause | Rollout::Resume,
            } => change(target),
            Verb::SetImage(set) => change(&set.target),
            Verb::SetEnv(set) if set.edit == EnvEdit::List => Class::R,
            Verb::SetEnv(set) => change(&set.target),
            Verb::SetResources(set) => change(&set.target),
            Verb::Label(marks) | Verb::Annotate(marks) if marks.pairs.is_empty() => Class::R,
            Verb::Label(marks) | Verb::Annotate(marks) => change(&marks.target),
            // One pod that its controller replaces while another is ready is W1: the plan may prove that.
            Verb::Delete(delete) => deletion(&delete.target),
            Verb::Cordon { nodes, .. } | Verb::Uncordon { nodes, .. } => change_nodes(nodes),
            Verb::Drain(_) | Verb::Evict(_) => Class::W2,
            // Evicts what runs there.
            Verb::Taint(taint) if taint.taints.iter().any(evicts) => Class::W2,
            Verb::Taint(taint) => change_nodes(&taint.nodes),
            Verb::Autoscale(_) | Verb::CreateJob(_) => Class::W1,
            // What they change is not known before it is compared: the plan may prove that selectors, volumes and service
            // accounts are left alone, which is W1.
            Verb::Apply(_) | Verb::Edit(_) | Verb::Patch(_) => Class::W2,
            // Never less than a change: nobody has read it. A line of a runbook was, and may be proven to read.
            Verb::Run(run) => match run.plugin {
                Some(_) => run.class.max(Class::W1),
                None => run.class,
            },
            // The plan knows for how long, and how much it hides.
            Verb::Silence(_) => Class::W1,
        }
    }
}

impl Verb {
    /// Whether it is only tried.
    pub fn dry_run(&self) -> DryRun {
        match self {
            Self::Scale(x) => x.dry_run,
            Self::Rollout {
                rollout: Rollout::Undo { dry_run, .. },
                ..
            }
            | Self::Cordon { dry_run, .. }
            | Self::Uncordon { dry_run, .. } => *dry_run,
            Self::SetImage(x) => x.dry_run,
            Self::SetEnv(x) => match &x.edit {
                EnvEdit::Change { dry_run, .. } => *dry_run,
                EnvEdit::List => DryRun::None,
            },
            Self::SetResources(x) => x.dry_run,
            Self::Label(x) | Self::Annotate(x) => x.dry_run,
            Self::Delete(x) => x.dry_run,
            Self::Drain(x) => x.dry_run,
            Self::Evict(x) => x.dry_run,
            Self::Taint(x) => x.dry_run,
            Self::Autoscale(x) => x.dry_run,
            Self::CreateJob(x) => x.dry_run,
            Self::Apply(x) => x.dry_run,
            Self::Patch(x) => x.dry_run,
            Self::Get(_)
            | Self::Describe(_)
            | Self::Logs(_)
            | Self::Events(_)
            | Self::Top(_)
            | Self::CanI(_)
            | Self::Exec(_)
            | Self::Attach(_)
            | Self::Cp(_)
            | Self::Debug(_)
            | Self::PortForward(_)
            | Self::Rollout { .. }
            | Self::Run(_)
            | Self::Silence(_)
            | Self::Edit(_) => DryRun::None,
        }
    }
}

/// A change that can be taken back, where it is of one object that is known.
fn change(target: &Target) -> Class {
    match target.single() {
        Some(_) => Class::W1,
        None => Class::W2,
    }
}

fn change_nodes(nodes: &Nodes) -> Class {
    match nodes {
        Nodes::Named(names) if names.len() == 1 => Class::W1,
        Nodes::Named(_) | Nodes::Labelled(_) | Nodes::All => Class::W2,
    }
}

fn evicts(taint: &TaintChange) -> bool {
    matches!(
        taint,
        TaintChange::Add {
            effect: Effect::NoExecute,
            ..
        }
    )
}

/// Claims, volumes, namespaces and definitions take data with them. So may the objects of any kind that we do not know
/// (a database's operator deletes the database).
fn deletion(target: &Target) -> Class {
    let keeps_data = |kind: &&KindName| match kind {
        KindName::Known(Known::PersistentVolumeClaim | Known::PersistentVolume | Known::Namespace) => true,
        KindName::Known(_) => false,
        KindName::Other(word) => !word
            .plain()
            .is_some_and(|name| WITHOUT_DATA.contains(&name.to_lowercase().as_str())),
    };
    let kinds = target.kinds();
    match kinds.is_empty() || kinds.iter().any(keeps_data) {
        true => Class::D,
        false => Class::W2,
    }
}

/// Whether the program is known to read, whatever it is asked: its name without a path, no word left to be filled in, no
/// terminal that somebody could type into.
fn reads(exec: &Exec, also: &[String]) -> bool {
    let Some(words) = exec.command.iter().map(Word::plain).collect::<Option<Vec<&str>>>() else {
        return false;
    };
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let fits = match *program {
        // Without -z it talks to whoever answers; with -e it runs a program.
        "nc" => {
            let options: Vec<&&str> = arguments.iter().filter(|a| a.starts_with('-')).collect();
            let harmless = |option: &&&str| option.chars().skip(1).all(|c| "zvnuw46".contains(c) || c.is_ascii_digit());
            options.iter().any(|o| o.contains('z')) && options.iter().all(harmless)
        }
        // `date -s` and `date MMDDhhmm` set the clock.
        "date" => arguments
            .iter()
            .all(|a| a.starts_with('+') || matches!(*a, "-u" | "-R" | "-Iseconds" | "--utc")),
        program => READ_COMMANDS.contains(&program) || also.iter().any(|other| other == program),
    };
    fits && !exec.stdin
}

#[cfg(test)]
mod tests {
    use super::super::kubectl::parse;
    use super::*;

    #[test]
    fn what_an_action_does_to_the_world() {
        for (line, class) in [
            ("kubectl get secrets -o yaml", Class::R),
            ("kubectl logs -f web", Class::R),
            ("kubectl rollout status deploy/web", Class::R),
            ("kubectl set env deploy/web --list", Class::R),
            ("kubectl label --list pod web", Class::R),
            ("kubectl exec web -- pg_isready -h db", Class::R),
            ("kubectl exec web -- nc -zv db 5432", Class::R),
            ("kubectl exec web -- nc -w 3 -z db 5432", Class::R),
            ("kubectl exec web -- date", Class::R),
            ("kubectl exec web -- date -u +%s", Class::R),
            ("kubectl exec web -- redis-cli info", Class::R),
            ("kubectl delete ns solia --dry-run=server", Class::R),
            ("kubectl exec web -- nc db 5432", Class::T),
            ("kubectl exec web -- nc -z -e /bin/sh db 5432", Class::T),
            ("kubectl exec web -- date -s 12:00", Class::T),
            ("kubectl exec web -- ls $DIR", Class::T),
            ("kubectl exec -it web -- ls", Class::T),
            ("kubectl exec web -- /bin/ls", Class::T),
            ("kubectl exec -it web -- sh", Class::T),
            ("kubectl attach web", Class::T),
            ("kubectl port-forward svc/web 8080:80", Class::T),
            ("kubectl debug node/worker-1 -it --image=busybox", Class::T),
            ("kubectl cp web:/tmp/a ./a", Class::T),
            ("kubectl cp ./a web:/tmp/a", Class::W2),
            ("kubectl scale deploy/web --replicas=5", Class::W1),
            ("kubectl scale deploy/web --replicas=0", Class::W2),
            ("kubectl scale deploy/web --replicas=$N", Class::W2),
            ("kubectl scale deploy/web deploy/api --replicas=5", Class::W2),
            ("kubectl rollout undo deploy/web", Class::W1),
            ("kubectl rollout restart deploy", Class::W2),
            ("kubectl rollout restart $WORKLOAD", Class::W2),
            ("kubectl set image deploy/web web=web:2", Class::W1),
            ("kubectl set image deploy web=web:2 --all", Class::W2),
            ("kubectl set env deploy/web A=b", Class::W1),
            ("kubectl label pods --all a=b", Class::W2),
            ("kubectl annotate pod web a=b", Class::W1),
            ("kubectl autoscale deploy/web --max=5", Class::W1),
            ("kubectl create job now --from=cronjob/nightly", Class::W1),
            ("kubectl cordon worker-1", Class::W1),
            ("kubectl cordon worker-1 worker-2", Class::W2),
            ("kubectl taint node worker-1 a=b:NoSchedule", Class::W1),
            ("kubectl taint node worker-1 a=b:NoExecute", Class::W2),
            ("kubectl taint node worker-1 a:NoExecute-", Class::W1),
            ("kubectl drain worker-1", Class::W2),
            ("kubectl evict-pod web", Class::W2),
            ("kubectl delete pod web", Class::W2),
            ("kubectl delete rc web", Class::W2),
            ("kubectl edit deploy/web", Class::W2),
            ("kubectl apply -f web.yaml", Class::W2),
            ("kubectl patch cronjob nightly -p '{\"spec\":{\"suspend\":true}}'", Class::W2),
            ("kubectl delete pvc data-0", Class::D),
            ("kubectl delete pod,pvc -l app=db", Class::D),
            ("kubectl delete ns solia", Class::D),
            ("kubectl delete crd certificates.cert-manager.io", Class::D),
            ("kubectl delete postgresql main", Class::D),
            ("kubectl delete $KIND main", Class::D),
            ("kubectl delete all --all", Class::D),
        ] {
            let action = parse(line).unwrap();
            assert_eq!(action.class(&["redis-cli".to_owned()]), class, "{line}");
        }
    }
}
