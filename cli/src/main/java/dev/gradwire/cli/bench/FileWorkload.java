package dev.gradwire.cli.bench;

import dev.gradwire.cli.conformance.Arg;
import dev.gradwire.cli.conformance.Case;
import dev.gradwire.cli.conformance.CaseFile;
import dev.gradwire.cli.conformance.Programs;
import dev.gradwire.cli.conformance.Request;
import dev.gradwire.engine.Program;
import dev.gradwire.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A graph of the conformance format: its outputs and, where the file has cotangents, the gradients of all inputs that
 * require grad.
 */
record FileWorkload(String name, Request request) implements Workload {
    /** @throws IllegalArgumentException when the file is no graph or has what the server does not take */
    static FileWorkload read(Path path) {
        CaseFile file = CaseFile.read(path);
        Case item = file.cases().getFirst();
        if (file.cases().size() != 1 || item.unreadable() != null) {
            throw new IllegalArgumentException(path + " is not a graph that can be timed");
        }
        return new FileWorkload(file.id(), request(item));
    }

    private static Request request(Case item) {
        List<Request.Call> nodes = new ArrayList<>(item.nodes());
        List<String> outputs = new ArrayList<>(item.outputs());
        List<String> roots = new ArrayList<>();
        List<String> cotangents = new ArrayList<>();
        for (int i = 0; i < item.expected().outputs().size(); i++) {
            Tensor cotangent = item.expected().outputs().get(i).cotangent();
            if (cotangent != null) {
                cotangents.add("cotangent" + i);
                nodes.add(Request.Call.constant("cotangent" + i, cotangent));
                roots.add(item.outputs().get(i));
            }
        }
        List<String> inputs =
                item.differentiable().stream().map(Request.Input::name).toList();
        if (!roots.isEmpty() && !inputs.isEmpty()) {
            List<Arg> args = List.of(refs(roots), refs(inputs), refs(cotangents));
            nodes.add(new Request.Call("gradients", "grad", args, Map.of()));
            for (int i = 0; i < inputs.size(); i++) {
                outputs.add(i == 0 ? "gradients" : "gradients:" + i);
            }
        }
        return new Request(item.inputs(), nodes, outputs, List.of(), null);
    }

    private static Arg refs(List<String> names) {
        return new Arg.Items(names.stream().<Arg>map(Arg.Ref::new).toList());
    }

    @Override
    public List<Tensor> inputs() {
        return request.inputs().stream().map(Request.Input::tensor).toList();
    }

    @Override
    public Program program() {
        return Programs.of(request);
    }

    @Override
    public Program unseen(int number) {
        return Programs.of(unseenRequest(number));
    }

    /** {@link #unseen} as a request. */
    Request unseenRequest(int number) {
        List<Request.Input> inputs = new ArrayList<>(request.inputs());
        inputs.add(new Request.Input("unseen", Workload.unseenInput(number), false));
        List<String> outputs = new ArrayList<>(request.outputs());
        outputs.add("unseen");
        return new Request(inputs, request.nodes(), outputs, List.of(), null);
    }
}
