//! The cloud account of a cluster, as far as the kubeconfig tells it: nobody is asked.

use kube::config::{AuthInfo, ExecConfig};

/// The account in the ARN of an EKS cluster, or of the role that the credentials plugin takes; empty: there is none.
///
/// `aws eks update-kubeconfig` names cluster and user by the cluster's ARN, and the context, too, unless told otherwise.
pub fn account(names: &[&str], user: &AuthInfo) -> String {
    let arguments = user.exec.as_ref().map(arguments).unwrap_or_default();
    let arguments = || arguments.iter().map(String::as_str);
    let cluster = names.iter().copied().chain(arguments()).find_map(|text| of_arn(text, "eks"));
    cluster
        .or_else(|| arguments().find_map(|text| of_arn(text, "iam")))
        .unwrap_or_default()
}

fn arguments(exec: &ExecConfig) -> Vec<String> {
    exec.args.clone().unwrap_or_default()
}

/// The account in `arn:aws:eks:eu-west-3:123456789012:cluster/name`, also behind a `--flag=`.
fn of_arn(text: &str, service: &str) -> Option<String> {
    let at = text.find("arn:aws")?;
    let mut parts = text.get(at..)?.split(':').skip(2);
    let is_service = parts.next()? == service;
    let account = parts.nth(1)?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_service && is_account).then(|| account.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(arguments: &[&str]) -> AuthInfo {
        AuthInfo {
            exec: Some(ExecConfig {
                args: Some(arguments.iter().map(|text| (*text).to_owned()).collect()),
                ..ExecConfig::default()
            }),
            ..AuthInfo::default()
        }
    }

    #[test]
    fn the_account_is_in_the_names_or_in_the_arguments() {
        const ARN: &str = "arn:aws:eks:eu-west-3:123456789012:cluster/solia-prod";
        let token = ["eks", "get-token", "--cluster-name", "solia-prod"];
        let role = [&token[..], &["--role-arn", "arn:aws:iam::222222222222:role/oncall"]].concat();
        let glued = ["token", "-i=solia-prod", "--role=arn:aws-us-gov:iam::333333333333:role/oncall"];
        for (names, arguments, expected) in [
            (&[ARN, "prod"][..], &token[..], "123456789012"),
            (&["prod", "prod", ARN], &role, "123456789012"),
            (&["prod"], &["eks", "get-token", "--cluster-name", ARN], "123456789012"),
            (&["prod"], &role, "222222222222"),
            (&["prod"], &glued, "333333333333"),
            (&["arn:aws-cn:eks:cn-north-1:444444444444:cluster/x"], &[], "444444444444"),
            (&["prod"], &token, ""),
            (&["arn:aws:eks:eu-west-3:1234:cluster/x", "arn:aws", "arn:aws:eks"], &[], ""),
        ] {
            assert_eq!(account(names, &user(arguments)), expected, "{names:?} {arguments:?}");
        }
        assert_eq!(account(&["kind-dev"], &AuthInfo::default()), "");
    }
}
