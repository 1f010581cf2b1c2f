//! Flags that differ from what the log has made of replicated options.

use std::sync::Arc;
use std::time::Duration;

use crate::config::{ReplicatedValues, find};
use crate::executor::StoreExecutor;
use crate::replication::Group;
use crate::store::Options;

/// Waits until the state is that of a cluster, then warns of each value that was given at the start and does not count, because
/// the cluster has another one.
pub async fn warn_of_differences(group: Arc<Group>, executor: Arc<StoreExecutor>, given: Vec<(String, u64)>) {
    if given.is_empty() {
        return;
    }
    group.recovery().await;
    let present = loop {
        let state = executor.gate.read().await;
        if state.cluster.is_created() {
            break state.options.clone();
        }
        drop(state);
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    for warning in differences(&given, &present) {
        tracing::warn!("{warning}");
    }
}

fn differences(given: &[(String, u64)], present: &Options) -> Vec<String> {
    given
        .iter()
        .filter_map(|(name, value)| {
            let now = find(name).and_then(|opt| present.get(opt.name)).filter(|now| now != value)?;
            Some(format!(
                "{name} {value} is ignored: it is an option of the whole cluster, which has {now}. CONFIG SET {name} {value} \
                 changes it"
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differing_replicated_option_is_warned_of_with_its_config_set() {
        let present = Options::default();
        let given = [("script-budget".to_owned(), present.script_budget), ("proto-max-bulk-len".to_owned(), 1 << 20)];
        let told = differences(&given, &present);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("CONFIG SET proto-max-bulk-len 1048576"), "{}", told[0]);
    }
}
