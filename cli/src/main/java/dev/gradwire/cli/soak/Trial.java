package dev.gradwire.cli.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One row under way: its time, what is random in it, and the figures that it has found. */
final class Trial {
    /**
     * A figure and what it is held to.
     *
     * @param held null where there is nothing to hold
     */
    record Figure(
            String what,
            double value,
            String unit,
            String limit,
            @Nullable Boolean held) {
        String text() {
            String number = value == Math.rint(value) && Math.abs(value) < 1e9
                    ? String.format(Locale.ROOT, "%d", (long) value)
                    : String.format(Locale.ROOT, "%.2f", value);
            return (number + " " + unit).strip();
        }
    }

    private final double seconds;
    private final long seed;
    private volatile long start = System.nanoTime();
    private final List<Figure> figures = new ArrayList<>();

    Trial(double seconds, long seed) {
        this.seconds = seconds;
        this.seed = seed;
    }

    /** Its time counts from now: the servers are up. */
    void begin() {
        start = System.nanoTime();
    }

    double seconds() {
        return seconds;
    }

    /** Of the time that is left, in seconds; 0 when it is over. */
    double left() {
        return Math.max(0, seconds - elapsed());
    }

    double elapsed() {
        return (System.nanoTime() - start) / 1e9;
    }

    Random random() {
        return new Random(seed);
    }

    void atMost(String what, double value, double limit, String unit) {
        add(new Figure(what, value, unit, "≤ " + number(limit) + " " + unit, value <= limit));
    }

    void atLeast(String what, double value, double limit, String unit) {
        add(new Figure(what, value, unit, "≥ " + number(limit) + " " + unit, value >= limit));
    }

    void none(String what, double value) {
        add(new Figure(what, value, "", "0", value == 0));
    }

    /** For information. */
    void note(String what, double value, String unit) {
        add(new Figure(what, value, unit, "", null));
    }

    private synchronized void add(Figure figure) {
        figures.add(figure);
    }

    synchronized List<Figure> figures() {
        return List.copyOf(figures);
    }

    private static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%d", (long) value)
                : String.format(Locale.ROOT, "%.2f", value);
    }
}
