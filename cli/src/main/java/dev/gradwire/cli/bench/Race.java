package dev.gradwire.cli.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One workload on all engines, each in a process of its own, taking turns: what else the machine does meanwhile hits
 * them alike. An engine that fails, or says that it cannot, leaves the race.
 */
final class Race {
    /** Figures are sums of up to a million float32 numbers in any order. */
    private static final double TOLERANCE = 1e-3;

    /**
     * What counts as zero beside the largest of loss and gradients: the gradient of the keys' bias in attention is zero,
     * as soft-max takes no notice of it, and each engine has its own rounding errors there.
     */
    private static final double ZERO = 1e-6;

    /**
     * @param rounds in which each engine has its turn
     * @param seconds of one turn, and of the runs before the first one that are not counted
     */
    record Settings(int rounds, double seconds) {}

    /** Engines computed different things, so that their times say nothing. */
    static final class Disagreement extends Exception {
        private static final long serialVersionUID = 1;

        Disagreement(String message) {
            super(message);
        }
    }

    private final Settings settings;
    private final Consumer<String> notes;

    /** @param notes receives what happens, for people */
    Race(Settings settings, Consumer<String> notes) {
        this.settings = settings;
        this.notes = notes;
    }

    /** A question to a worker. */
    private interface Turn {
        void take(String engine, WorkerProcess worker) throws WorkerProcess.Failure;
    }

    List<Measurement> run(String workload, Workers pool, List<Contestant> contestants)
            throws IOException, Disagreement {
        Map<String, WorkerProcess> workers = new LinkedHashMap<>();
        for (Contestant contestant : contestants) {
            try {
                workers.put(contestant.name(), pool.ready(contestant));
            } catch (WorkerProcess.Failure e) {
                note(workload, contestant.name(), e);
            }
        }
        Map<String, JsonObject> values = new LinkedHashMap<>();
        Map<String, Double> cold = new LinkedHashMap<>();
        Map<String, Measurement> measured = new LinkedHashMap<>();
        each(workload, workers, (_, worker) -> worker.ask("load " + workload));
        each(workload, workers, (engine, worker) -> {
            cold.put(engine, worker.ask("cold").get("cold_ms").getAsDouble());
        });
        each(workload, workers, (engine, worker) -> values.put(engine, worker.ask("values")));
        compare(workload, values);
        each(workload, workers, (_, worker) -> worker.ask("settle " + settings.seconds));
        for (int i = 0; i < settings.rounds; i++) {
            each(workload, workers, (_, worker) -> worker.ask("warm " + settings.seconds));
        }
        each(workload, workers, (engine, worker) -> {
            JsonObject warm = worker.ask("summary");
            JsonObject memory = worker.ask("memory");
            measured.put(
                    engine,
                    new Measurement(
                            workload,
                            engine,
                            pool.threads(),
                            cold.getOrDefault(engine, 0.0),
                            warm.get("warm_ms").getAsDouble(),
                            warm.get("low_ms").getAsDouble(),
                            warm.get("high_ms").getAsDouble(),
                            warm.get("runs").getAsInt(),
                            memory.get("peak_bytes").getAsLong(),
                            memory.get("tensor_bytes").getAsLong()));
        });
        return List.copyOf(measured.values());
    }

    private void each(String workload, Map<String, WorkerProcess> workers, Turn turn) {
        for (Map.Entry<String, WorkerProcess> entry : List.copyOf(workers.entrySet())) {
            try {
                turn.take(entry.getKey(), entry.getValue());
            } catch (WorkerProcess.Failure e) {
                note(workload, entry.getKey(), e);
                workers.remove(entry.getKey());
            }
        }
    }

    private void note(String workload, String engine, WorkerProcess.Failure failure) {
        notes.accept(workload + ", " + engine + " left out: " + failure.getMessage());
    }

    /**
     * @param answers the answer to {@code values} of each engine
     * @throws Disagreement when one is not like the first
     */
    static void compare(String workload, Map<String, JsonObject> answers) throws Disagreement {
        String first = null;
        List<Checksum> expected = List.of();
        for (Map.Entry<String, JsonObject> answer : answers.entrySet()) {
            List<Checksum> found = checksums(answer.getValue().getAsJsonArray("values"));
            if (first == null) {
                first = answer.getKey();
                expected = found;
            }
            String difference = difference(expected, found);
            if (!difference.isEmpty()) {
                throw new Disagreement(
                        workload + ": " + answer.getKey() + " does not compute what " + first + " does: " + difference);
            }
        }
    }

    private static String difference(List<Checksum> expected, List<Checksum> found) {
        if (expected.size() != found.size()) {
            return found.size() + " values instead of " + expected.size();
        }
        double largest = expected.stream().mapToDouble(Checksum::size).max().orElse(0);
        for (int i = 0; i < expected.size(); i++) {
            if (!found.get(i).agrees(expected.get(i), TOLERANCE, ZERO * largest)) {
                return "value " + i + " is " + found.get(i) + ", not " + expected.get(i);
            }
        }
        return "";
    }

    private static List<Checksum> checksums(JsonArray values) {
        List<Checksum> checksums = new ArrayList<>();
        for (JsonElement value : values) {
            JsonObject object = value.getAsJsonObject();
            checksums.add(new Checksum(
                    object.get("sum").getAsDouble(), object.get("size").getAsDouble()));
        }
        return checksums;
    }
}
