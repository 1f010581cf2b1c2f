//! A client as CLIENT LIST shows it: Redis 7.2's fields in its order. Those of things that are not there (subscriptions,
//! redirection, the number of the file descriptor) have the values that Redis shows for none.

use std::sync::atomic::Ordering;

use crate::command::context::Client;

/// One line without its end.
pub fn line(client: &Client, now_ms: u64) -> Vec<u8> {
    let blocked = client.is_blocked();
    let shown = client.shown.lock();
    let mut flags = String::new();
    if blocked {
        flags.push('b');
    }
    if shown.multi_len.is_some() {
        flags.push('x');
    }
    if client.is_killed() {
        flags.push('A');
    }
    if shown.no_evict {
        flags.push('e');
    }
    if shown.no_touch {
        flags.push('T');
    }
    if flags.is_empty() {
        flags.push('N');
    }
    let age_s = now_ms.saturating_sub(client.created_ms) / 1000;
    let idle_s = now_ms.saturating_sub(client.active_ms.load(Ordering::Relaxed)) / 1000;
    let multi = shown.multi_len.map_or(-1, |len| len as i64);
    let qbuf = shown.query_buffer_bytes;
    let memory = qbuf + shown.multi_bytes + size_of::<Client>();
    let mut text = format!("id={} addr={} laddr={} fd=-1 name=", client.id, client.addr, client.laddr).into_bytes();
    text.extend_from_slice(&shown.name);
    text.extend_from_slice(
        format!(
            " age={age_s} idle={idle_s} flags={flags} db={} sub=0 psub=0 ssub=0 multi={multi} qbuf={qbuf} qbuf-free=0 argv-mem=0 \
             multi-mem={} rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem={memory} events=r cmd={} user=default redir=-1 resp={} lib-name=",
            shown.db,
            shown.multi_bytes,
            if shown.command.is_empty() { "NULL" } else { shown.command },
            shown.resp as u8,
        )
        .as_bytes(),
    );
    text.extend_from_slice(&shown.lib_name);
    text.extend_from_slice(b" lib-ver=");
    text.extend_from_slice(&shown.lib_ver);
    text
}
