//! Which AWS profile an environment's credentials come from: what `:login` has to renew.

use super::kubeconfig;
use crate::config::Environment;

/// The profile of the environment: as configured for CloudWatch, else what the kubeconfig's exec plugin is
/// called with (`--profile P`, or `AWS_PROFILE` in its environment). `None`: the default profile.
pub fn login_profile(environment: &Environment) -> Option<String> {
    let configured = environment.cloudwatch.iter().map(|c| c.profile.clone()).find(|p| !p.is_empty());
    configured.or_else(|| of_plugin(environment))
}

fn of_plugin(environment: &Environment) -> Option<String> {
    let settings = environment.kubernetes.as_ref()?;
    let found = kubeconfig::load_for(settings).ok()?;
    let context = if settings.context.is_empty() {
        found.current.clone()?
    } else {
        settings.context.clone()
    };
    let exec = found.target(&context).ok()?.user.exec?;
    let arguments = exec.args.unwrap_or_default();
    let flag = arguments
        .iter()
        .position(|a| a == "--profile")
        .and_then(|at| arguments.get(at + 1).cloned());
    let joined = || arguments.iter().find_map(|a| a.strip_prefix("--profile=").map(str::to_owned));
    let variable = || {
        let variables = exec.env.as_deref().unwrap_or_default();
        variables
            .iter()
            .find(|v| v.get("name").is_some_and(|n| n == "AWS_PROFILE"))
            .and_then(|v| v.get("value").cloned())
    };
    flag.or_else(joined).or_else(variable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Kubernetes;

    #[test]
    fn the_profile_is_read_from_the_plugin() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(
            &path,
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n\
             clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]\n\
             users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, \
             args: [eks, get-token], env: [{name: AWS_PROFILE, value: solia-prod}]}}}]\n",
        )
        .unwrap();
        let kubernetes = Kubernetes {
            kubeconfig: vec![path],
            ..Kubernetes::default()
        };
        let environment = Environment {
            kubernetes: Some(kubernetes),
            ..Environment::default()
        };
        assert_eq!(login_profile(&environment).as_deref(), Some("solia-prod"));
        assert_eq!(login_profile(&Environment::default()), None);
    }
}
