package dev.gradwire.service.telemetry;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * A log with one line an event on the standard error: time, level, logger, message and, within a call, the call's id, its
 * method and its trace; a stack trace is one field like the others.
 */
final class Logs extends Formatter {
    /** Spelled as options take them. */
    enum Format {
        /** {@code time=… level=… message="…"}. */
        keys,
        /** An object a line. */
        json
    }

    /** Spelled as options take them. */
    enum Level {
        error,
        warn,
        info,
        debug;

        private java.util.logging.Level level() {
            return switch (this) {
                case error -> java.util.logging.Level.SEVERE;
                case warn -> java.util.logging.Level.WARNING;
                case info -> java.util.logging.Level.INFO;
                case debug -> java.util.logging.Level.FINE;
            };
        }

        private static Level of(java.util.logging.Level level) {
            for (Level each : values()) {
                if (level.intValue() >= each.level().intValue()) {
                    return each;
                }
            }
            return debug;
        }
    }

    /** Held, as Java's log forgets levels of loggers that nobody holds. */
    private static final Logger OWN = Logger.getLogger("dev.gradwire");

    private final Format format;

    Logs(Format format) {
        this.format = format;
    }

    static void install(Format format, Level level) {
        Logger root = LogManager.getLogManager().getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        Handler console = new ConsoleHandler();
        console.setFormatter(new Logs(format));
        console.setLevel(java.util.logging.Level.ALL);
        root.addHandler(console);
        OWN.setLevel(level.level());
        root.setLevel(level == Level.debug ? Level.info.level() : level.level()); // details of libraries help nobody
    }

    @Override
    public String format(LogRecord record) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("time", record.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
        fields.put("level", Level.of(record.getLevel()).name());
        fields.put("logger", String.valueOf(record.getLoggerName()));
        fields.put("message", formatMessage(record));
        Call call = Call.current();
        if (call != null) {
            fields.put("call", call.id());
            fields.put("method", call.method());
            String trace = call.traceId();
            if (trace != null) {
                fields.put("trace", trace);
            }
        }
        if (record.getThrown() != null) {
            fields.put("error", stack(record.getThrown()));
        }
        StringBuilder line = new StringBuilder(200);
        fields.forEach((key, value) -> add(line, key, value));
        return format == Format.json ? "{" + line + "}\n" : line.append('\n').toString();
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString().strip();
    }

    private void add(StringBuilder line, String key, String value) {
        boolean json = format == Format.json;
        if (!line.isEmpty()) {
            line.append(json ? ',' : ' ');
        }
        if (json) {
            quote(line, key);
            line.append(':');
        } else {
            line.append(key).append('=');
        }
        if (json || value.isEmpty() || !value.chars().allMatch(Logs::isPlain)) {
            quote(line, value);
        } else {
            line.append(value);
        }
    }

    private static boolean isPlain(int c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    }

    /** As JSON has it, so that nobody's text can end a line or a field. */
    private static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\t' -> line.append("\\t");
                default -> {
                    if (c < ' '
                            || (c >= 0x7f && c < 0xa0)
                            || c == '\u2028'
                            || c == '\u2029'
                            || Character.isSurrogate(c)) {
                        line.append("\\u%04x".formatted((int) c));
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }
}
