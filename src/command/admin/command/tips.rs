//! What clients and proxies in front of several servers are told about a command ("Command tips" of Redis's documentation): how its reply
//! varies, whom a request goes to, how replies are put together.

const MULTI_SHARD: &str = "request_policy:multi_shard";
const ALL_SHARDS: &str = "request_policy:all_shards";
const ALL_NODES: &str = "request_policy:all_nodes";
const SUM: &str = "response_policy:agg_sum";
const LEAST: &str = "response_policy:agg_min";
const AND: &str = "response_policy:agg_logical_and";
const ALL: &str = "response_policy:all_succeeded";
const ONE: &str = "response_policy:one_succeeded";
const SPECIAL: &str = "response_policy:special";
const VARIES: &str = "nondeterministic_output";
const ORDER_VARIES: &str = "nondeterministic_output_order";

/// The tips of the command called `name` ("client|list" for a subcommand).
pub fn tips(name: &str) -> &'static [&'static str] {
    match name {
        "del" | "unlink" | "exists" | "touch" => &[MULTI_SHARD, SUM],
        "mset" => &[MULTI_SHARD, ALL],
        "msetnx" | "msetex" => &[MULTI_SHARD, LEAST],
        "mget" => &[MULTI_SHARD],
        "flushall" | "flushdb" | "ping" | "memory|purge" => &[ALL_SHARDS, ALL],
        "dbsize" => &[ALL_SHARDS, SUM],
        "keys" => &[ALL_SHARDS, ORDER_VARIES],
        "randomkey" => &[ALL_SHARDS, VARIES],
        "scan" => &[VARIES, "request_policy:special"],
        "wait" => &[ALL_SHARDS, LEAST],
        "waitaof" => &[ALL_SHARDS, LEAST],
        "info" | "memory|stats" | "memory|doctor" | "memory|malloc-stats" => &[VARIES, ALL_SHARDS, SPECIAL],
        "config|set" | "script|load" | "script|flush" | "slowlog|reset" => &[ALL_NODES, ALL],
        "function|load" | "function|delete" | "function|flush" | "function|restore" => &[ALL_SHARDS, ALL],
        "function|kill" => &[ALL_SHARDS, ONE],
        "function|stats" => &[VARIES, ALL_SHARDS, SPECIAL],
        "function|list" => &[ORDER_VARIES],
        "script|exists" => &[ALL_SHARDS, AND],
        "script|kill" => &[ALL_SHARDS, ONE],
        "slowlog|get" => &[ALL_NODES, VARIES],
        "latency|doctor" | "latency|graph" | "latency|histogram" | "latency|history" | "latency|latest" => {
            &[VARIES, ALL_NODES, SPECIAL]
        }
        "latency|reset" => &[ALL_NODES, SUM],
        "slowlog|len" => &[ALL_NODES, SUM, VARIES],
        "command" | "command|list" | "command|docs" | "command|info" | "module|list" | "hgetall" | "hkeys"
        | "hvals" => &[ORDER_VARIES],
        "cluster|bumpepoch"
        | "cluster|count-failure-reports"
        | "cluster|getkeysinslot"
        | "cluster|info"
        | "cluster|links"
        | "cluster|myshardid"
        | "cluster|nodes"
        | "cluster|replicas"
        | "cluster|shards"
        | "cluster|slaves"
        | "cluster|slots"
        | "migrate" => &[VARIES],
        "xadd" | "xtrim" | "xclaim" | "xautoclaim" | "xpending" | "xinfo|consumers" => &[VARIES],
        "dump" | "ttl" | "pttl" | "time" | "lastsave" | "hrandfield" | "hscan" | "zrandmember" | "zscan"
        | "client|list" | "client|info" | "object|idletime" | "object|freq" | "object|encoding" | "object|refcount" => {
            &[VARIES]
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::tips;
    use crate::command::registry::runnable;

    #[test]
    fn the_tips_are_those_of_commands_that_exist() {
        let with_tips = runnable().iter().filter(|spec| !tips(spec.name).is_empty()).count();
        assert_eq!(with_tips, 84);
        assert_eq!(tips("slowlog|len").len(), 3);
        assert!(tips("get").is_empty());
    }
}
