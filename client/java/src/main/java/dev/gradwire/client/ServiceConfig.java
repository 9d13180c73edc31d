package dev.gradwire.client;

import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the channel does by itself, as <a
 * href="https://github.com/grpc/grpc-proto/blob/master/grpc/service_config/service_config.proto">gRPC's service
 * config</a> says it: methods without side effects are tried again where no server could be reached.
 */
final class ServiceConfig {
    private static final String SERVICE = "gradwire.v1.AutogradService";
    private static final List<String> UNAVAILABLE = List.of("UNAVAILABLE");

    /** A message that goes by a call without chunks fits, so that it can be sent once more. */
    private static final long BUFFER_BYTES = 2L * Parts.LIMIT_BYTES;

    private ServiceConfig() {}

    static void apply(Resilience chosen, ManagedChannelBuilder<?> builder) {
        builder.defaultServiceConfig(of(chosen)).enableRetry().perRpcBufferLimit(BUFFER_BYTES);
        if (chosen.keepAliveTime().isPositive()) {
            builder.keepAliveTime(chosen.keepAliveTime().toNanos(), TimeUnit.NANOSECONDS)
                    .keepAliveTimeout(chosen.keepAliveTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    static Map<String, Object> of(Resilience chosen) {
        Map<String, Object> pure = new HashMap<>(Map.of(
                "name",
                List.of(method("Run"), method("Plan"), method("GetServerInfo")),
                "waitForReady",
                chosen.waitsForReady()));
        if (chosen.hedges() > 1) {
            pure.put("hedgingPolicy", hedging(chosen));
        } else if (chosen.attempts() > 1) {
            pure.put("retryPolicy", retries(chosen));
        }
        Map<String, Object> others =
                Map.of("name", List.of(Map.of("service", SERVICE)), "waitForReady", chosen.waitsForReady());
        return Map.of(
                "methodConfig",
                List.of(pure, others),
                "retryThrottling",
                Map.of("maxTokens", (double) chosen.tokens(), "tokenRatio", chosen.tokenRatio()),
                "loadBalancingConfig",
                List.of(Map.of("round_robin", Map.of())),
                "healthCheckConfig",
                Map.of("serviceName", SERVICE));
    }

    private static Map<String, Object> method(String name) {
        return Map.of("service", SERVICE, "method", name);
    }

    private static Map<String, Object> retries(Resilience chosen) {
        return Map.of(
                "maxAttempts",
                (double) chosen.attempts(),
                "initialBackoff",
                "0.1s",
                "maxBackoff",
                "2s",
                "backoffMultiplier",
                2.0,
                "retryableStatusCodes",
                UNAVAILABLE);
    }

    private static Map<String, Object> hedging(Resilience chosen) {
        return Map.of(
                "maxAttempts",
                (double) chosen.hedges(),
                "hedgingDelay",
                seconds(chosen.hedgingDelay()),
                "nonFatalStatusCodes",
                UNAVAILABLE);
    }

    /** As protobuf's JSON has durations. */
    private static String seconds(Duration duration) {
        return "%d.%09ds".formatted(duration.getSeconds(), duration.getNano());
    }
}
