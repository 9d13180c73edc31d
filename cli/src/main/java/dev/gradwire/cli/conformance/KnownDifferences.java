package dev.gradwire.cli.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What is known to differ from PyTorch, and why: the rows of {@code known-differences.tsv}. Such a comparison counts as
 * unsupported instead of failed.
 */
public record KnownDifferences(List<Row> rows) {
    /**
     * @param id of a case or of a whole file
     * @param kind label of a {@link Kind}, or {@link #ALL} of them
     */
    public record Row(String id, String kind, String reason) {
        static final String ALL = "*";

        boolean covers(String caseId, Kind compared) {
            boolean file = caseId.startsWith(id + "#");
            return (kind.equals(ALL) || kind.equals(compared.label())) && (file || caseId.equals(id));
        }
    }

    public KnownDifferences {
        rows = List.copyOf(rows);
    }

    /** Reads the file of a conformance folder; without one there are none. */
    public static KnownDifferences read(Path folder) {
        Path file = folder.resolve("known-differences.tsv");
        List<Row> rows = new ArrayList<>();
        try {
            for (String line : Files.exists(file) ? Files.readAllLines(file) : List.<String>of()) {
                String[] cells = line.split("\t", -1);
                if (cells.length == 3 && !cells[0].equals("id")) {
                    rows.add(new Row(cells[0], cells[1], cells[2]));
                } else if (!line.isBlank() && cells.length != 3) {
                    throw new IllegalArgumentException(file + ": not three cells: " + line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new KnownDifferences(rows);
    }

    /** The result with known failures marked as such. */
    public CaseResult apply(CaseResult result) {
        Map<Kind, Verdict> verdicts = new EnumMap<>(result.verdicts());
        verdicts.replaceAll((kind, verdict) -> rowsOf(result.id(), kind, verdict)
                .findFirst()
                .map(row -> Verdict.unsupported("known difference: " + row.reason()))
                .orElse(verdict));
        return new CaseResult(result.id(), verdicts);
    }

    /** The rows without which the result would hold a failure more. */
    Stream<Row> rowsOf(CaseResult result) {
        return result.verdicts().entrySet().stream()
                .flatMap(entry -> rowsOf(result.id(), entry.getKey(), entry.getValue()));
    }

    private Stream<Row> rowsOf(String id, Kind kind, Verdict verdict) {
        return verdict.status() == Verdict.Status.FAILED
                ? rows.stream().filter(row -> row.covers(id, kind))
                : Stream.empty();
    }
}
