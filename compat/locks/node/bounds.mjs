// See python/bounds.py.

export const TTL_MS = Number(process.env.LOCK_TTL_S) * 1000;
export const WAIT_MS = Number(process.env.LOCK_WAIT_S) * 1000;
export const POLL_MS = Number(process.env.LOCK_POLL_MS);
export const RENEW_EVERY_MS = Number(process.env.LOCK_RENEW_MS);
