package dev.gradwire.op;

import dev.gradwire.graph.GraphException;
import dev.gradwire.graph.Recording;
import dev.gradwire.graph.TextForm;
import dev.gradwire.op.Declaration.Overload;
import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Shape;
import dev.gradwire.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A sample of a declaration as a program in the text form: its tensors are the inputs {@code t0}, {@code t1}, …, its
 * call is the node {@code y}.
 *
 * @param call the lines that call one overload of the operator
 * @param tensors in the order of the text
 */
record Sample(Declaration declaration, String text, String call, List<Filling> tensors) {
    private static final Pattern TENSOR = Pattern.compile(
            "(?<![.\\w])((?:b?float|u?int|complex|bool)\\d*)\\[([\\d, ]*)](?:\\{(?:([-.\\d]+?)\\.\\.([-.\\d]+)|(\\w+))})?");

    /**
     * A tensor with elements from an interval, which for integers includes both ends and is that of both parts of a
     * complex number; or of a set of matrices.
     */
    record Filling(DType dtype, Shape shape, double low, double high, MatrixDomain domain) {
        Filling(DType dtype, Shape shape, double low, double high) {
            this(dtype, shape, low, high, MatrixDomain.GENERAL);
        }

        static Filling parse(MatchResult match) {
            DType dtype = DType.named(match.group(1)).orElseThrow();
            long[] dims = match.group(2).isBlank()
                    ? new long[0]
                    : Pattern.compile(",")
                            .splitAsStream(match.group(2))
                            .mapToLong(dim -> Long.parseLong(dim.strip()))
                            .toArray();
            boolean floating = dtype.isDifferentiable();
            double low = match.group(3) != null ? Double.parseDouble(match.group(3)) : floating ? -2 : 0;
            double high = match.group(4) != null ? Double.parseDouble(match.group(4)) : floating ? 2 : 1;
            MatrixDomain domain = match.group(5) != null
                    ? MatrixDomain.valueOf(match.group(5).toUpperCase(Locale.ROOT))
                    : MatrixDomain.GENERAL;
            return new Filling(dtype, Shape.of(dims), low, high, domain);
        }

        /** A direction in which the tensor may move. */
        Tensor tangent(SplittableRandom random) {
            double[] elements = new Filling(dtype, shape, -1, 1).elements(random);
            domain.toTangent(elements, shape);
            return Tensor.of(dtype, shape, elements);
        }

        Tensor fill(SplittableRandom random) {
            double[] elements = elements(random);
            domain.toPoint(elements, shape);
            return Tensor.of(dtype, shape, elements);
        }

        private double[] elements(SplittableRandom random) {
            double[] elements = new double[Math.toIntExact(shape.elements() * (dtype.isComplex() ? 2 : 1))];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = dtype.isDifferentiable()
                        ? low + (high - low) * random.nextDouble()
                        : random.nextInt((int) low, (int) high + 1);
            }
            return elements;
        }
    }

    static List<Sample> of(Declaration declaration) {
        return declaration.samples().stream()
                .map(text -> parse(declaration, text))
                .toList();
    }

    private static Sample parse(Declaration declaration, String text) {
        List<Filling> tensors = new ArrayList<>();
        Matcher matcher = TENSOR.matcher(text);
        String arguments = matcher.replaceAll(match -> {
            tensors.add(Filling.parse(match));
            return "t" + (tensors.size() - 1);
        });
        List<Sample> byOverload = declaration.overloads().stream()
                .map(overload -> new Sample(declaration, text, call(key(overload), arguments), tensors))
                .toList();
        // Where none fits, the test fails by the error of the first.
        return byOverload.stream().filter(Sample::fits).findFirst().orElse(byOverload.getFirst());
    }

    /** An operator that works in place gets a copy, as what it changed must not be read again. */
    private static String call(String key, String arguments) {
        boolean inPlace = key.contains("_.") && !key.contains("__.");
        return inPlace
                ? "copy = clone(t0)\ny = " + key + "(" + arguments.replaceFirst("\\bt0\\b", "copy") + ")\n"
                : "y = " + key + "(" + arguments + ")\n";
    }

    /** Just one overload's name. */
    private static String key(Overload overload) {
        String name = overload.schema().key();
        return name.contains(".") ? name : name + ".default";
    }

    /** Whether complex tensors take part. */
    boolean isComplex() {
        return tensors.stream().anyMatch(tensor -> tensor.dtype.isComplex());
    }

    /** The same with complex tensors in the place of real ones. */
    Sample withComplexNumbers() {
        return parse(declaration, text.replace("float64[", "complex128["));
    }

    /** Whether the call has a type. */
    boolean fits() {
        try {
            record("");
            return true;
        } catch (GraphException e) {
            return false;
        }
    }

    /** The lines of the inputs. */
    String inputs() {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < tensors.size(); i++) {
            lines.append(input(i, tensors.get(i).dtype.isDifferentiable()));
        }
        return lines.toString();
    }

    private String input(int index, boolean requiresGrad) {
        Filling tensor = tensors.get(index);
        return "t" + index + ": " + tensor.dtype.label() + tensor.shape + (requiresGrad ? " requires_grad\n" : "\n");
    }

    /** The call with more lines behind it. */
    Recording record(String more) {
        return TextForm.parse(inputs() + call + more, Operators.all());
    }

    /** The call where one input requires grad and the others do not. */
    Recording recordWithOneLeaf(int leaf) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < tensors.size(); i++) {
            lines.append(input(i, i == leaf));
        }
        return TextForm.parse(lines + call, Operators.all());
    }

    /** The same numbers for the same sample, always. */
    SplittableRandom random() {
        return new SplittableRandom((declaration.name() + text).hashCode());
    }

    Map<String, Tensor> fill() {
        SplittableRandom random = random();
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        tensors.forEach(tensor -> inputs.put("t" + inputs.size(), tensor.fill(random)));
        return inputs;
    }

    @Override
    public String toString() {
        return declaration.canonical().key() + "(" + text + ")";
    }
}
