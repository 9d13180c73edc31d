package dev.gradwire.service.telemetry;

/** OpenTelemetry's names as Prometheus spells them, by OpenTelemetry's rules for it. */
final class PrometheusNames {
    private PrometheusNames() {}

    /** With the unit and, for what only grows, {@code _total}. */
    static String of(String name, String unit, boolean total, boolean gauge) {
        return base(name, unit, gauge) + (total ? "_total" : "");
    }

    /** Without {@code _total}. */
    static String base(String name, String unit, boolean gauge) {
        String plain = label(name);
        String suffix = suffix(unit, gauge);
        return suffix.isEmpty() || plain.endsWith(suffix) ? plain : plain + suffix;
    }

    /** A name or key with underscores for everything that is no letter or digit. */
    static String label(String key) {
        return key.replaceAll("[^a-zA-Z0-9]+", "_");
    }

    private static String suffix(String unit, boolean gauge) {
        return switch (unit) {
            case "s" -> "_seconds";
            case "By" -> "_bytes";
            case "1" -> gauge ? "_ratio" : "";
            default -> ""; // {call}: what is counted is in the name already
        };
    }
}
