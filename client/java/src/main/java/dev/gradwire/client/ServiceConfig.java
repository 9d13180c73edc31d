package dev.gradwire.client;

import java.util.List;
import java.util.Map;

/** What the channel does by itself: methods without side effects are tried again where no server could be reached. */
final class ServiceConfig {
    private static final String SERVICE = "gradwire.v1.AutogradService";

    private ServiceConfig() {}

    static Map<String, Object> retries() {
        List<Map<String, Object>> methods = List.of(
                Map.of("service", SERVICE, "method", "Run"),
                Map.of("service", SERVICE, "method", "Plan"),
                Map.of("service", SERVICE, "method", "GetServerInfo"));
        Map<String, Object> policy = Map.of(
                "maxAttempts",
                4.0,
                "initialBackoff",
                "0.1s",
                "maxBackoff",
                "2s",
                "backoffMultiplier",
                2.0,
                "retryableStatusCodes",
                List.of("UNAVAILABLE"));
        // At most one further attempt for every two calls that succeed, so that retries do not add to an overload.
        Map<String, Object> throttle = Map.of("maxTokens", 10.0, "tokenRatio", 0.5);
        return Map.of(
                "methodConfig",
                List.of(Map.of("name", methods, "retryPolicy", policy)),
                "retryThrottling",
                throttle,
                "loadBalancingConfig",
                List.of(Map.of("round_robin", Map.of())));
    }
}
