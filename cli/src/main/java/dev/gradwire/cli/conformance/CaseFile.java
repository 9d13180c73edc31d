package dev.gradwire.cli.conformance;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gradwire.tensor.Tensor;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.GZIPInputStream;

/**
 * The cases of one file, of either format.
 *
 * @param id the file's name without its ending
 */
public record CaseFile(String id, List<Case> cases) {
    private static final String ENDING = ".json.gz";

    public CaseFile {
        cases = List.copyOf(cases);
    }

    /** The id of a file, without reading it. */
    public static String idOf(Path path) {
        String name = path.getFileName().toString();
        return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
    }

    /** Reads a file, gzipped or not. */
    public static CaseFile read(Path path) {
        JsonObject json = parse(path);
        String format = json.get("format").getAsString();
        return switch (format) {
            case "graph/1" -> new CaseFile(idOf(path), List.of(graph(json)));
            case "opcase/1" -> {
                List<Case> cases = new ArrayList<>();
                String op = json.get("op").getAsString();
                json.getAsJsonArray("cases").forEach(item -> cases.add(call(op, item.getAsJsonObject())));
                yield new CaseFile(idOf(path), cases);
            }
            default -> throw new IllegalArgumentException(path + " has the unknown format " + format);
        };
    }

    private static JsonObject parse(Path path) {
        boolean zipped = path.toString().endsWith(".gz");
        try (var bytes = Files.newInputStream(path);
                Reader reader =
                        new InputStreamReader(zipped ? new GZIPInputStream(bytes) : bytes, StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Case graph(JsonObject json) {
        String id = json.get("name").getAsString();
        // A graph to be timed needs no expectations.
        JsonObject expected = json.has("expected") ? json.getAsJsonObject("expected") : new JsonObject();
        return unlessUnreadable(id, json, expected, () -> {
            List<Tensor> tensors = tensors(json.getAsJsonArray("tensors"));
            GraphReader graph = new GraphReader("input", "tensor", tensors);
            for (JsonElement item : json.getAsJsonArray("inputs")) {
                JsonObject input = item.getAsJsonObject();
                graph.input(
                        tensors.get(input.get("tensor").getAsInt()),
                        input.get("requires_grad").getAsBoolean());
            }
            graph.addNodes(json.getAsJsonArray("nodes"));
            List<String> outputs = graph.references(json.getAsJsonArray("outputs"));
            return of(
                    id,
                    json,
                    graph,
                    outputs,
                    expected.isEmpty() ? Case.Expected.NONE : ExpectedReader.read(expected, "grads"));
        });
    }

    private static Case call(String op, JsonObject json) {
        String id = json.get("id").getAsString();
        return unlessUnreadable(id, json, json, () -> {
            JsonObject expansion = json.getAsJsonObject("expansion");
            GraphReader graph = new GraphReader(
                    "tensor",
                    "constant",
                    expansion == null ? List.of() : tensors(expansion.getAsJsonArray("constants")));
            for (JsonElement item : json.getAsJsonArray("tensors")) {
                JsonObject tensor = item.getAsJsonObject();
                graph.input(Values.tensor(tensor), tensor.get("requires_grad").getAsBoolean());
            }
            Case.Expected expected = ExpectedReader.read(json, "vjp");
            List<String> outputs;
            if (json.has("call")) {
                outputs = graph.addCall(
                        json.getAsJsonObject("call"), expected.outputs().size());
            } else if (expansion != null) {
                graph.addNodes(expansion.getAsJsonArray("nodes"));
                outputs = graph.references(expansion.getAsJsonArray("outputs"));
            } else {
                outputs = graph.addFunction(op, json, expected.outputs().size());
            }
            return of(id, json, graph, outputs, expected);
        });
    }

    private static Case of(
            String id, JsonObject json, GraphReader graph, List<String> outputs, Case.Expected expected) {
        return new Case(id, tags(json), null, tolerance(json), graph.inputs(), graph.nodes(), outputs, expected);
    }

    private static Case unlessUnreadable(String id, JsonObject json, JsonObject expected, Supplier<Case> reading) {
        try {
            return reading.get();
        } catch (Values.UnreadableException e) {
            return Case.unreadable(
                    id, tags(json), e.getMessage(), tolerance(json), expected.has("jvp"), expected.has("second"));
        }
    }

    private static List<Tensor> tensors(JsonArray json) {
        List<Tensor> tensors = new ArrayList<>();
        json.forEach(item -> tensors.add(Values.tensor(item.getAsJsonObject())));
        return tensors;
    }

    private static Set<String> tags(JsonObject json) {
        Set<String> tags = new HashSet<>();
        if (json.has("tags")) {
            json.getAsJsonArray("tags").forEach(tag -> tags.add(tag.getAsString()));
        }
        return tags;
    }

    private static Case.Tolerance tolerance(JsonObject json) {
        JsonObject tolerance = json.getAsJsonObject("tolerance");
        if (tolerance == null) {
            return Case.Tolerance.DEFAULT;
        }
        return new Case.Tolerance(
                tolerance.get("rtol").getAsDouble(), tolerance.get("atol").getAsDouble());
    }
}
