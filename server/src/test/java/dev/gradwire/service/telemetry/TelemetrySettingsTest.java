package dev.gradwire.service.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that cannot be are refused by name. */
final class TelemetrySettingsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "70000 | 0    | -                     | 60 | 0   | admin-port must be from 0 to 65535, but is 70000",
                "0     | -1   | -                     | 60 | 0   | channelz-port must be from 0 to 65535, but is -1",
                "7     | 7    | -                     | 60 | 0   | admin-port and channelz-port are both 7",
                "0     | 0    | -                     | 0  | 0   | otlp-interval must be positive",
                "0     | 0    | http://collector:4318 | 60 | 1.5 | trace-ratio must be from 0 to 1, but is 1.5",
                "0     | 0    | http://collector:4318 | 60 | NaN | trace-ratio must be from 0 to 1, but is NaN",
                "0     | 0    | -                     | 60 | 0.1 | trace-ratio needs otlp-endpoint: traces go nowhere else",
                "0     | 0    | collector:4318        | 60 | 0   | otlp-endpoint must be like http://collector:4318, but is collector:4318",
                "0     | 0    | ftp://collector       | 60 | 0   | otlp-endpoint must be like http://collector:4318, but is ftp://collector"
            })
    void whatCannotBeIsRefused(int admin, int channelz, URI otlp, int interval, double ratio, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TelemetrySettings(
                        "127.0.0.1", admin, channelz, otlp, Duration.ofSeconds(interval), ratio, false))
                .withMessage(message);
    }

    @Test
    void nothingIsMeasuredWhereNobodyAsks() {
        assertThat(TelemetrySettings.OFF.metrics()).isFalse();
        assertThat(TelemetrySettings.OFF.withAdminPort(1).metrics()).isTrue();
        assertThat(TelemetrySettings.OFF.withAdminPort(1).traces()).isFalse();
    }
}
