package dev.gradwire.cli.conformance;

import dev.gradwire.client.Complex;
import dev.gradwire.client.GradFn;
import dev.gradwire.client.Gradwire;
import dev.gradwire.client.GradwireException;
import dev.gradwire.client.TensorData;
import dev.gradwire.service.GradwireServer;
import dev.gradwire.service.ServerConfig;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Java client in front of a server on the loopback interface: what a user's program does, through its public
 * methods only.
 */
public final class ClientTarget implements Target {
    private final GradwireServer server;
    private final Gradwire client;

    private ClientTarget(GradwireServer server, Gradwire client) {
        this.server = server;
        this.client = client;
    }

    /** Starts a server of its own, whose kernels use so many threads. */
    public static ClientTarget start(int threads) {
        try {
            GradwireServer server = GradwireServer.start(ServerConfig.DEFAULT.withThreads(threads));
            return new ClientTarget(server, Gradwire.connect("127.0.0.1:" + server.port()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Answer run(Request request) throws Refusal {
        try {
            return new Recorded(client, request).answer(request);
        } catch (GradwireException e) {
            throw new Refusal(e.reason().isEmpty() ? e.code().name() : e.reason(), String.valueOf(e.getMessage()));
        }
    }

    /** One request as a user's program records it. */
    private static final class Recorded {
        private final Gradwire client;
        private final Map<String, dev.gradwire.client.Tensor> values = new LinkedHashMap<>();
        private final Map<String, List<dev.gradwire.client.Tensor>> results = new HashMap<>();

        Recorded(Gradwire client, Request request) throws Refusal {
            this.client = client;
            for (Request.Input input : request.inputs()) {
                values.put(
                        input.name(), leaf(input.tensor()).named(input.name()).requiresGrad(input.requiresGrad()));
            }
            for (Request.Call node : request.nodes()) {
                record(node);
            }
        }

        private dev.gradwire.client.Tensor leaf(Tensor tensor) {
            return client.tensor(data(tensor));
        }

        private void record(Request.Call node) throws Refusal {
            if (node.isConstant()) {
                Arg.Data data = (Arg.Data) node.args().getFirst();
                values.put(
                        node.name(),
                        client.call("constant", List.of(data(data.tensor())), Map.of())
                                .getFirst()
                                .named(node.name()));
                return;
            }
            List<@Nullable Object> args = new ArrayList<>();
            for (Arg arg : node.args()) {
                args.add(argument(arg));
            }
            Map<String, @Nullable Object> kwargs = new LinkedHashMap<>();
            for (Map.Entry<String, Arg> entry : node.kwargs().entrySet()) {
                kwargs.put(entry.getKey(), argument(entry.getValue()));
            }
            List<dev.gradwire.client.Tensor> recorded = client.call(node.op(), args, kwargs);
            values.put(node.name(), recorded.getFirst().named(node.name()));
            results.put(node.name(), recorded);
        }

        private @Nullable Object argument(Arg arg) throws Refusal {
            return switch (arg) {
                case Arg.Ref(String name) -> value(name);
                case Arg.Int(long value) -> value;
                case Arg.Float(double value) -> value;
                case Arg.Bool(boolean value) -> value;
                case Arg.Text(String value) -> value;
                case Arg.Dtype(String label) -> dtype(label);
                case Arg.Data(Tensor tensor) -> data(tensor);
                case Arg.Items(List<Arg> items) -> {
                    List<@Nullable Object> list = new ArrayList<>();
                    for (Arg item : items) {
                        list.add(argument(item));
                    }
                    yield list;
                }
                case Arg.None _ -> null;
                case Arg.Complex(double real, double imaginary) -> Complex.of(real, imaginary);
                case Arg.Other(String form) -> throw new Refusal("INVALID_ARGUMENT", "no operator takes a " + form);
            };
        }

        private dev.gradwire.client.Tensor value(String name) throws Refusal {
            dev.gradwire.client.Tensor known = values.get(name);
            if (known != null) {
                return known;
            }
            int colon = name.indexOf(':');
            List<dev.gradwire.client.Tensor> node = results.get(colon < 0 ? name : name.substring(0, colon));
            if (node == null) {
                throw new Refusal("UNKNOWN_VALUE", "there is no value '" + name + "'");
            }
            return node.get(Integer.parseInt(name.substring(colon + 1)));
        }

        Answer answer(Request request) throws Refusal {
            if (request.backward() != null) {
                return new Answer(List.of(), gradients(request.backward()), Map.of());
            }
            List<dev.gradwire.client.Tensor> wanted = values(request.outputs());
            if (wanted.size() == 1) {
                wanted.getFirst().evaluate();
            } else {
                var _ = client.evaluate(wanted.toArray(dev.gradwire.client.Tensor[]::new));
            }
            List<Tensor> outputs =
                    wanted.stream().map(tensor -> tensor(tensor.data())).toList();
            return new Answer(outputs, List.of(), gradFns(request));
        }

        private List<dev.gradwire.client.Tensor> values(List<String> names) throws Refusal {
            List<dev.gradwire.client.Tensor> tensors = new ArrayList<>();
            for (String name : names) {
                tensors.add(value(name));
            }
            return tensors;
        }

        /** One root as {@code backward} gives it to leaves; several by {@code grad}. */
        private List<@Nullable Tensor> gradients(Request.Backward backward) throws Refusal {
            List<dev.gradwire.client.Tensor> roots = values(backward.roots());
            List<dev.gradwire.client.Tensor> inputs = values(backward.inputs());
            List<dev.gradwire.client.Tensor> cotangents =
                    backward.cotangents().stream().map(this::leaf).toList();
            List<@Nullable Tensor> gradients = new ArrayList<>();
            if (roots.size() == 1) {
                roots.getFirst().backward(cotangents.getFirst());
                for (dev.gradwire.client.Tensor input : inputs) {
                    dev.gradwire.client.Tensor gradient = input.grad();
                    gradients.add(gradient == null ? null : tensor(gradient.data()));
                }
                return gradients;
            }
            List<dev.gradwire.client.Tensor> computed = Gradwire.grad(roots, inputs, cotangents);
            var _ = client.evaluate(computed.toArray(dev.gradwire.client.Tensor[]::new));
            computed.forEach(gradient -> gradients.add(tensor(gradient.data())));
            return gradients;
        }

        private Map<String, Answer.GradFn> gradFns(Request request) throws Refusal {
            Map<String, Answer.GradFn> found = new HashMap<>();
            for (String name : request.gradFns()) {
                if (!found.containsKey(name)) {
                    GradFn gradFn = value(name).gradFn();
                    if (gradFn != null) {
                        found.put(name, view(gradFn));
                        addAncestors(gradFn, found);
                    }
                }
            }
            return found;
        }

        /** What the answer says of other values by the way, so that not each needs a request. */
        private static void addAncestors(GradFn gradFn, Map<String, Answer.GradFn> found) {
            Deque<GradFn> open = new ArrayDeque<>(List.of(gradFn));
            while (!open.isEmpty()) {
                for (GradFn.Edge edge : open.pop().nextFunctions()) {
                    GradFn next = edge.function();
                    if (next != null && !next.name().equals(Answer.LEAF)) {
                        String name = next.output() == 0 ? next.node() : next.node() + ":" + next.output();
                        if (found.putIfAbsent(name, view(next)) == null) {
                            open.push(next);
                        }
                    }
                }
            }
        }

        private static Answer.GradFn view(GradFn gradFn) {
            List<@Nullable String> next = new ArrayList<>();
            for (GradFn.Edge edge : gradFn.nextFunctions()) {
                GradFn function = edge.function();
                next.add(function == null ? null : function.name());
            }
            return new Answer.GradFn(gradFn.name(), next);
        }
    }

    private static dev.gradwire.client.DType dtype(String label) throws Refusal {
        for (dev.gradwire.client.DType dtype : dev.gradwire.client.DType.values()) {
            if (dtype.label().equals(label)) {
                return dtype;
            }
        }
        throw new Refusal("DTYPE_UNSUPPORTED", "there is no dtype " + label);
    }

    private static TensorData data(Tensor tensor) {
        dev.gradwire.client.DType dtype =
                dev.gradwire.client.DType.valueOf(tensor.type().dtype().name());
        return TensorData.of(
                dtype, tensor.data().asByteBuffer(), tensor.type().shape().dims());
    }

    private static Tensor tensor(TensorData data) {
        DType dtype = DType.named(data.dtype().label()).orElseThrow();
        TensorType type = new TensorType(dtype, Shape.of(data.shape()));
        return new Tensor(type, MemorySegment.ofBuffer(data.bytes()));
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
