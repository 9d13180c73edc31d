package dev.gradwire.pass;

import dev.gradwire.graph.Value;
import dev.gradwire.kernel.Group.Places;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Groups;
import dev.gradwire.kernel.KernelCall;
import dev.gradwire.pass.Draft.Extent;
import dev.gradwire.pass.Draft.Member;
import dev.gradwire.pass.Draft.Ref;
import dev.gradwire.pass.Plan.Price;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the instructions of a draft's members, those that something needed depends on. */
final class GroupUnit {
    /** Kernels named in a step's name; more would be hard to read. */
    private static final int NAMES = 6;

    private final Draft draft;
    private final Views views;
    private final BitSet needed;
    private final GroupBuilder builder;
    private final List<Value> results = new ArrayList<>();
    /** The builder's numbers of what members make. */
    private final ValueNumbers values;

    private GroupUnit(Draft draft, Views views, BitSet needed, ValueNumbers values) {
        this.draft = draft;
        this.views = views;
        this.needed = needed;
        this.values = values;
        this.builder = new GroupBuilder(draft.rows(), draft.columns());
    }

    /**
     * Null when nothing needs what the draft makes.
     *
     * @param numbers empty, and empty again afterwards
     */
    static @Nullable Unit of(Draft draft, Views views, BitSet needed, ValueNumbers numbers, Groups groups) {
        return new GroupUnit(draft, views, needed, numbers).write(groups);
    }

    private @Nullable Unit write(Groups groups) {
        List<Member> members = live();
        if (members.isEmpty()) {
            return null;
        }
        members.forEach(this::write);
        values.clear();
        Price price = price(members);
        KernelCall call = new KernelCall(
                name(members),
                List.of(),
                builder.operands().stream().map(Value::type).toList(),
                results.stream().map(Value::type).toList());
        Set<String> names = new LinkedHashSet<>();
        members.forEach(member -> names.add(member.node().name()));
        boolean backward = members.stream().anyMatch(member -> member.node().backward());
        Work work = new Work.Run(groups.compile(builder.build()));
        return new Unit(List.copyOf(names), backward, call, work, builder.operands(), results, false, price);
    }

    /** The members that are needed, or that such ones read. */
    private List<Member> live() {
        List<Member> live = new ArrayList<>(draft.members().size());
        for (Member member : draft.members().reversed()) {
            if (isWanted(member) || values.get(member.result()) != ValueNumbers.NONE) {
                live.add(member);
                member.refs().forEach(ref -> values.put(ref.root(), 0));
            }
        }
        values.clear();
        return live.reversed();
    }

    private boolean isWanted(Member member) {
        return needed.get(member.result().id()) && draft.gives(member.result());
    }

    private void write(Member member) {
        Value result = member.result();
        Extent extent = draft.settled(result);
        GroupOp reduction = member.reduction();
        int value;
        @Nullable GroupOp overRows = null;
        if (reduction == null) {
            value = elementwise(member, extent);
        } else {
            value = operand(member.refs().getFirst(), Extent.PLACE);
            Value root = member.refs().getFirst().root();
            boolean perRow = draft.extent(root) != null && draft.settled(root) == Extent.ROW;
            value = builder.cast(value, result.type().dtype());
            if (extent == Extent.TOTAL) {
                overRows = reduction;
                boolean all = result.type().shape().elements() == 1 && !perRow && draft.columns() > 1;
                value = all
                        ? builder.reduce(reduction, result.type().dtype(), value)
                        : perRow ? value : builder.spread(value);
            } else {
                value = builder.reduce(reduction, result.type().dtype(), value);
            }
        }
        values.put(result, value);
        if (isWanted(member)) {
            results.add(result);
            builder.write(extent == Extent.PLACE ? builder.spread(value) : value, overRows);
        }
    }

    private int elementwise(Member member, Extent extent) {
        int[] operands = new int[member.refs().size()];
        for (int i = 0; i < operands.length; i++) {
            int operand = operand(member.refs().get(i), extent);
            operands[i] = builder.cast(operand, Lowering.wide(builder.dtype(operand)));
        }
        int value = Objects.requireNonNull(member.writer()).write(builder, operands, member.call());
        DType dtype = member.result().type().dtype();
        return builder.cast(builder.cast(value, Lowering.wide(dtype)), dtype);
    }

    private int operand(Ref ref, Extent extent) {
        Value root = ref.root();
        Views.Number number = views.number(root);
        if (number != null) {
            return builder.constant(number.dtype(), number.bits());
        }
        int value = values.get(root);
        if (value != ValueNumbers.NONE) {
            return value;
        }
        return builder.read(root, extent == Extent.ROW ? repeated(ref.layout()) : ref.layout());
    }

    /** A layout with one element for each row, as one with an element for each place. */
    private Places repeated(Places rows) {
        if (rows.isSingle()) {
            return rows;
        }
        List<Long> sizes = new ArrayList<>(rows.sizes());
        List<Long> strides = new ArrayList<>(rows.strides());
        sizes.add(draft.columns());
        strides.add(0L);
        return new Places(sizes, strides, rows.offset());
    }

    private static String name(List<Member> members) {
        Set<String> kernels = new LinkedHashSet<>();
        members.forEach(member -> kernels.add(member.call().name()));
        List<String> names = kernels.stream().map(GroupUnit::plain).distinct().toList();
        String dots = names.size() > NAMES ? ", …" : "";
        return members.size() == 1
                ? names.getFirst()
                : "fused(" + String.join(", ", names.subList(0, Math.min(NAMES, names.size()))) + dots + ")";
    }

    private static String plain(String kernel) {
        int dot = kernel.indexOf('.');
        return dot < 0 ? kernel : kernel.substring(0, dot);
    }

    private Price price(List<Member> members) {
        long flops = 0;
        for (Member member : members) {
            flops = Math.addExact(
                    flops, Prices.flops(member.node(), member.call().results()));
        }
        long bytes = 0;
        for (Value operand : builder.operands()) {
            bytes = Math.addExact(bytes, operand.type().lengthInBytes());
        }
        for (Value result : results) {
            bytes = Math.addExact(bytes, result.type().lengthInBytes());
        }
        return new Price(flops, bytes, 0);
    }
}
