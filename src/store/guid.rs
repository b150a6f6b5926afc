//! GUIDs as 16 bytes whose order follows time, so that Dataverse's sequential GUIDs insert at one edge of an index.

use uuid::Uuid;

/// The stored form: `time_hi | time_mid | time_low | clock and node`. A random GUID stays random, and correct.
pub fn to_stored(id: Uuid) -> [u8; 16] {
    let b = id.into_bytes();
    [
        b[6], b[7], b[4], b[5], b[0], b[1], b[2], b[3], b[8], b[9], b[10], b[11], b[12], b[13],
        b[14], b[15],
    ]
}

/// The GUID a stored form came from.
pub fn from_stored(s: [u8; 16]) -> Uuid {
    Uuid::from_bytes([
        s[4], s[5], s[6], s[7], s[2], s[3], s[0], s[1], s[8], s[9], s[10], s[11], s[12], s[13],
        s[14], s[15],
    ])
}
