package dev.gradwire.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;

/** Figures of kernels, ours beside libtorch's, for people and for tools. */
final class KernelTable {
    private static final String ROW = "%-19s %-8s %-14s %-12s | %-7s %10s %10s %8s %7s";

    private KernelTable() {}

    static String heading() {
        return ROW.formatted("kernel", "dtype", "size", "per", "ours", "ours ns", "libtorch ns", "ours/it", "spread");
    }

    /** A line for each of ours; spread is the longest less the shortest time, in percent of the median, of either. */
    static List<String> lines(List<KernelFigure> figures) {
        return figures.stream()
                .filter(figure -> figure.way() != Way.LIBTORCH)
                .map(figure -> line(figure, library(figures, figure.timed())))
                .toList();
    }

    private static KernelFigure library(List<KernelFigure> figures, KernelCase timed) {
        return figures.stream()
                .filter(figure ->
                        figure.way() == Way.LIBTORCH && figure.timed().id().equals(timed.id()))
                .findFirst()
                .orElseThrow();
    }

    private static String line(KernelFigure ours, KernelFigure library) {
        KernelCase timed = ours.timed();
        double spread = Math.max(spread(ours), spread(library));
        return ROW.formatted(
                timed.kernel(),
                timed.dtype(),
                timed.size(),
                timed.unit(),
                ours.way().label(),
                nanos(ours.nanos()),
                nanos(library.nanos()),
                String.format(Locale.ROOT, "%.2f", ours.nanos() / library.nanos()),
                String.format(Locale.ROOT, "%.0f%%", 100 * spread));
    }

    private static double spread(KernelFigure figure) {
        return (figure.high() - figure.low()) / figure.nanos();
    }

    private static String nanos(double nanos) {
        return String.format(Locale.ROOT, "%.4f", nanos);
    }

    static String json(List<KernelFigure> figures) {
        JsonArray array = new JsonArray();
        for (KernelFigure figure : figures) {
            JsonObject row = new JsonObject();
            row.addProperty("kernel", figure.timed().kernel());
            row.addProperty("dtype", figure.timed().dtype());
            row.addProperty("size", figure.timed().size());
            row.addProperty("per", figure.timed().unit());
            row.addProperty("count", figure.timed().count());
            row.addProperty("engine", figure.way().label());
            row.addProperty("ns", figure.nanos());
            row.addProperty("low_ns", figure.low());
            row.addProperty("high_ns", figure.high());
            array.add(row);
        }
        return new GsonBuilder().setPrettyPrinting().create().toJson(array);
    }
}
