package dev.gradwire.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPInputStream;

/** Images of handwritten digits; see the README beside the file for where they come from. */
final class Digits {
    static final int PIXELS = 64;
    static final int CLASSES = 10;

    private static final String FILE = "digits.csv.gz";
    private static final float WHITE = 16;

    private final List<int[]> rows;

    private Digits(List<int[]> rows) {
        this.rows = rows;
    }

    /** Reads all, in a random order that the seed decides. */
    static Digits shuffled(Random random) {
        List<int[]> rows = new ArrayList<>();
        try (InputStream packed = Objects.requireNonNull(Digits.class.getResourceAsStream(FILE));
                BufferedReader lines = new BufferedReader(
                        new InputStreamReader(new GZIPInputStream(packed), StandardCharsets.US_ASCII))) {
            lines.lines().map(Digits::parse).forEach(rows::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Collections.shuffle(rows, random);
        return new Digits(rows);
    }

    private static int[] parse(String line) {
        String[] cells = line.split(",", -1);
        int[] row = new int[cells.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = Integer.parseInt(cells[i]);
        }
        return row;
    }

    int size() {
        return rows.size();
    }

    Digits range(int from, int to) {
        return new Digits(rows.subList(from, to));
    }

    void shuffle(Random random) {
        Collections.shuffle(rows, random);
    }

    /** The pixels from 0 to 1, image by image. */
    float[] pixels() {
        float[] pixels = new float[size() * PIXELS];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = rows.get(i / PIXELS)[i % PIXELS] / WHITE;
        }
        return pixels;
    }

    long[] labels() {
        return rows.stream().mapToLong(row -> row[PIXELS]).toArray();
    }
}
