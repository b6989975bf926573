//! E3: a tenant reads its own trail and no other.

use std::time::Duration;

use audit::About;

use crate::scene::{Scene, other_tenant, tenant, user};

#[tokio::test]
async fn e3_another_tenant_sees_nothing_of_a_trail() {
    let scene = trail().await;

    for query in ["", "limit=100", &format!("user_id={}", user())] {
        let (mine, _) = scene.pages(tenant(), query).await;
        let (theirs, _) = scene.pages(other_tenant(), query).await;

        assert!(!mine.is_empty(), "{query}");
        assert!(theirs.is_empty(), "{query}: {theirs:?}");
    }
}

#[tokio::test]
async fn e3_another_tenants_cursor_moves_its_holder_in_their_own_trail_only() {
    let scene = trail().await;
    scene.log(&scene.event_about(About::Tenant(other_tenant()))).await;
    let theirs_only = scene.event_about(About::Tenant(other_tenant()));
    scene.log(&theirs_only).await;
    scene.clock.advance(Duration::from_secs(1));

    for query in ["limit=1", &format!("limit=1&user_id={}", user())] {
        let (_, page) = scene.ask(tenant(), query).await;
        let cursor = page["next_cursor"].as_str().unwrap();
        let (found, _) = scene.pages(other_tenant(), &format!("limit=100&cursor={cursor}")).await;

        let own = [scene.pages(other_tenant(), "").await.0, scene.pages(tenant(), "").await.0];
        assert_eq!(own[0].len(), 2);
        assert!(found.iter().all(|event| own[0].contains(event) && !own[1].contains(event)), "{query}: {found:?}");
    }
}

#[tokio::test]
async fn e3_a_tenant_is_no_parameter() {
    let scene = trail().await;

    for query in ["tenant_id", "tenant"] {
        let query = format!("{query}={}", tenant());
        assert_eq!(scene.ask(other_tenant(), &query).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn the_deployments_trail_is_no_tenants() {
    let scene = Scene::new().await;
    scene.log(&scene.event_about(About::Deployment)).await;
    scene.clock.advance(Duration::from_secs(1));

    for tenant in [tenant(), other_tenant()] {
        assert_eq!(scene.pages(tenant, "").await.0.len(), 0);
    }
}

/// Events of one tenant: about two people, and about the tenant.
async fn trail() -> Scene {
    let scene = Scene::new().await;
    let key = scene.enroll(tenant(), user()).await;
    for _ in 0..3 {
        scene.log(&scene.event(tenant(), user(), Some(&key)).await).await;
        scene.log(&scene.event(tenant(), domain::UserId::from_keyed_bytes([8; 16]), None).await).await;
        scene.log(&scene.event_about(About::Tenant(tenant()))).await;
        scene.clock.advance(Duration::from_millis(1));
    }
    scene
}
