package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of OpenTelemetry in Prometheus. */
final class PrometheusNamesTest {
    @ParameterizedTest
    @CsvSource({
        "grpc.server.call.duration, s, false, false, grpc_server_call_duration_seconds",
        "grpc.server.call.started, {call}, true, false, grpc_server_call_started_total",
        "a.memory, By, false, true, a_memory_bytes",
        "a.bytes, By, true, false, a_bytes_total",
        "a.used, 1, false, true, a_used_ratio",
        "a.b-c/d, 1, true, false, a_b_c_d_total"
    })
    void follow(String name, String unit, boolean total, boolean gauge, String expected) {
        assertThat(PrometheusNames.of(name, unit, total, gauge)).isEqualTo(expected);
    }

    @Test
    void areDistinct() {
        assertThat(Arrays.stream(Metric.values()).map(Metric::prometheusName)).doesNotHaveDuplicates();
    }
}
