package dev.gradwire.client;

import dev.gradwire.v1.Execute;
import dev.gradwire.v1.Fetch;
import dev.gradwire.v1.ResultRef;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream on which tensors stay on the server: a leaf's values go up with the first run that needs them, and what a
 * program carries never comes down. Several programs may take turns; they share their leaves.
 *
 * <pre>{@code
 * try (Session session = client.session()) {
 *     for (Batch batch : batches) {
 *         Run run = session.run(training, Map.of(x, batch.images(), y, batch.labels()));
 *         System.out.println(run.get("loss").item());
 *     }
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads; runs are done in the order in which they were asked for. The server may drop the
 * stream, and with it all that it holds: {@link UnavailableException}.
 */
public final class Session implements AutoCloseable {
    /** Enough to keep the server busy; more would only wait there. */
    private static final int RUNS_AHEAD = 4;

    private final SessionCall call;
    private final Evaluator evaluator;
    private final RunOptions options;
    private final Names names = new Names();
    private final Map<Program, WrittenGraph> written = new HashMap<>();
    private final Set<Tensor> resident = new HashSet<>();
    private final Deque<Run> ahead = new ArrayDeque<>();
    private @Nullable Program opened;
    private long runs;

    Session(SessionCall call, Evaluator evaluator, RunOptions options) {
        this.call = call;
        this.evaluator = evaluator;
        this.options = options;
    }

    /** {@link #run(Program, Map, Collection)} that sends all outputs back. */
    public Run run(Program program, Map<Tensor, TensorData> feeds) {
        return run(program, feeds, program.outputs().keySet());
    }

    /**
     * Starts a run; its results can be read at once or later. A few runs may be under way, then this waits. Random
     * numbers differ from run to run and are the same in every session of the same seed.
     *
     * @param feeds values of leaves, which they keep until they are fed again or carried into
     * @param fetch keys of the outputs to send back
     * @throws IllegalArgumentException when a key is unknown, or a value does not have its leaf's type
     * @throws IllegalStateException when an input never had a value
     * @throws GradwireException when the program is refused, or an earlier run failed whose results were never read
     */
    public synchronized Run run(Program program, Map<Tensor, TensorData> feeds, Collection<String> fetch) {
        WrittenGraph graph = open(program);
        for (Tensor fed : feeds.keySet()) {
            if (!graph.inputs().containsKey(fed)) {
                throw new IllegalArgumentException("the program does not use " + fed.nameOr("one of the tensors fed"));
            }
        }
        for (Tensor input : graph.recording().inputs()) {
            send(graph, input, feeds.get(input));
        }
        while (ahead.size() >= RUNS_AHEAD) {
            ahead.pop().settle();
        }
        Execute.Builder execute = Execute.newBuilder()
                .setRunId(++runs)
                .setSeed(options.seed() + runs - 1)
                .setFetch(Fetch.getDefaultInstance());
        Map<String, String> references = new HashMap<>();
        for (String key : new LinkedHashSet<>(fetch)) {
            Tensor output = program.outputs().get(key);
            if (output == null) {
                throw new IllegalArgumentException(
                        "the program has outputs " + program.outputs().keySet() + ", not " + key);
            }
            references.put(key, graph.reference(output));
            execute.getFetchBuilder().addResults(result(graph, output));
        }
        program.carries()
                .forEach((leaf, next) ->
                        execute.addCarryBuilder().setResult(result(graph, next)).setInput(graph.reference(leaf)));
        Run run = new Run(call, call.execute(execute.build()), references);
        ahead.add(run);
        return run;
    }

    private static ResultRef result(WrittenGraph graph, Tensor tensor) {
        return ResultRef.newBuilder().setOutput(graph.reference(tensor)).build();
    }

    private WrittenGraph open(Program program) {
        WrittenGraph graph = written.computeIfAbsent(program, this::write);
        if (opened != program) {
            call.open(new Request(graph.program(), Map.of(), null, options.wire(List.of())));
            opened = program;
        }
        return graph;
    }

    private WrittenGraph write(Program program) {
        // What is carried into has to be an input, also where it is the result of a factory.
        evaluator.values(program.carries().keySet().stream()
                .filter(leaf -> !leaf.isPlaceholder())
                .toList());
        Set<Tensor> results = new LinkedHashSet<>(program.outputs().values());
        results.addAll(program.carries().values());
        Set<Tensor> targets = new LinkedHashSet<>(results);
        targets.addAll(program.carries().keySet());
        return evaluator.write(targets, results, Set.of(), names);
    }

    private void send(WrittenGraph graph, Tensor input, @Nullable TensorData fed) {
        if (fed != null && !fed.type().equals(input.type())) {
            throw new IllegalArgumentException(
                    graph.reference(input) + " is " + input.type() + ", but was fed " + fed.type());
        }
        if (fed == null && resident.contains(input)) {
            return;
        }
        if (fed == null && input.isPlaceholder()) {
            throw new IllegalStateException("input " + graph.reference(input) + " has no value");
        }
        call.send(graph.reference(input), fed == null ? input.data() : fed);
        resident.add(input);
    }

    /**
     * Ends the session and frees what the server holds for it. Waits for runs under way.
     *
     * @throws GradwireException when one of them fails
     */
    @Override
    public synchronized void close() {
        try {
            while (!ahead.isEmpty()) {
                ahead.pop().settle();
            }
        } finally {
            call.close();
        }
    }
}
