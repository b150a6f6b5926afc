//! Stored GUIDs keep their meaning, and sequential ones their order.

use proptest::prelude::*;
use syncdeck::store::{from_stored, to_stored};
use uuid::Uuid;

proptest! {
    #[test]
    fn stored_guid_comes_back_as_it_was(number: u128) {
        let id = Uuid::from_u128(number);
        prop_assert_eq!(from_stored(to_stored(id)), id);
    }

    #[test]
    fn time_based_guids_sort_by_time(earlier in 0_u64..1 << 60, later in 0_u64..1 << 60, node: [u8; 6], clock in 0_u16..1 << 14) {
        prop_assume!(earlier < later);
        let made_at = |time: u64| {
            Uuid::from_fields(
                time as u32,
                (time >> 32) as u16,
                (time >> 48) as u16 | 0x1000,
                &[(clock >> 8) as u8 | 0x80, clock as u8, node[0], node[1], node[2], node[3], node[4], node[5]],
            )
        };
        prop_assert!(to_stored(made_at(earlier)) < to_stored(made_at(later)));
    }
}
