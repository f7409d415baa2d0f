import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.apache.mesos.MesosNativeLibrary;
import org.apache.mesos.MesosSchedulerDriver;
import org.apache.mesos.Protos.Credential;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.Filters;
import org.apache.mesos.Protos.FrameworkID;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.MasterInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskState;
import org.apache.mesos.Protos.TaskStatus;
import org.apache.mesos.Scheduler;
import org.apache.mesos.SchedulerDriver;

/** A framework that does what its standard input says and tells what happens, a line each. */
public final class Framework implements Scheduler {
  private static final Filters SHORTLY = Filters.newBuilder().setRefuseSeconds(0.05).build();

  private final List<Offer> offers = new ArrayList<>();
  private int wanted;
  private volatile FrameworkID id;
  private volatile boolean throwing;
  private volatile boolean counting;
  private int counted;

  private static void say(String... words) {
    synchronized (System.out) {
      System.out.println(String.join(" ", words));
      System.out.flush();
    }
  }

  public static void main(String[] arguments) throws Exception {
    Framework framework = new Framework();
    MesosNativeLibrary.load();
    MesosNativeLibrary.Version version = MesosNativeLibrary.version();
    say("version", version.major + "." + version.minor + "." + version.patch);
    MesosSchedulerDriver driver = framework.driver(arguments[0]);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("return")) return;
      try {
        say("done", words[0], String.valueOf(framework.carryOut(driver, words)));
      } catch (Throwable problem) {
        Throwable cause = problem.getCause() == null ? problem : problem.getCause();
        say("raised", words[0], cause.getClass().getSimpleName(), cause.getMessage());
      }
    }
    System.exit(0);
  }

  private MesosSchedulerDriver driver(String master) {
    FrameworkInfo.Builder info = FrameworkInfo.newBuilder();
    info.setUser("root").setName("Tür für Java").setCheckpoint(true);
    info.setFailoverTimeout(Double.parseDouble(System.getProperty("failover", "0")));
    for (String role : System.getProperty("roles", "*").split(",")) info.addRoles(role);
    FrameworkInfo.Capability.Builder capability = FrameworkInfo.Capability.newBuilder();
    info.addCapabilities(capability.setType(FrameworkInfo.Capability.Type.MULTI_ROLE));
    String id = System.getProperty("framework");
    if (id != null) info.setId(FrameworkID.newBuilder().setValue(id));
    String principal = System.getProperty("principal");
    if (principal == null) return new MesosSchedulerDriver(this, info.build(), master, false);
    info.setPrincipal(principal);
    Credential.Builder credential = Credential.newBuilder().setPrincipal(principal);
    credential.setSecret(System.getProperty("secret"));
    return new MesosSchedulerDriver(this, info.build(), master, false, credential.build());
  }

  private Object carryOut(MesosSchedulerDriver driver, String[] words) throws Exception {
    String first = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "start": return driver.start();
      case "stop": return driver.stop(Boolean.parseBoolean(first));
      case "abort": return driver.abort();
      case "join": return driver.join();
      case "launch": return launch(driver, words);
      case "launch-on-one": return launchOnOne(driver, words);
      case "accept": return accept(driver, words);
      case "execute": return execute(driver, words);
      case "kill": return driver.killTask(task(first));
      case "kill-null": return driver.killTask(null);
      case "decline-empty": return driver.declineOffer(OfferID.newBuilder().buildPartial());
      case "reconcile": return driver.reconcileTasks(known(Arrays.copyOfRange(words, 1, words.length)));
      case "reconcile-many": return reconcileMany(driver, Integer.parseInt(first), Integer.parseInt(words[2]));
      case "suppress": return driver.suppressOffers();
      case "revive": return driver.reviveOffers();
      case "request": return driver.requestResources(Collections.singletonList(Tasks.request()));
      case "send": return driver.sendFrameworkMessage(executor(first), agent(words[2]), words[3].getBytes(StandardCharsets.UTF_8));
      case "throw": return throwing = true;
      case "resident": return Tasks.residentKilobytes();
      case "drivers": return drivers(Integer.parseInt(first));
      default: return newer(driver, words[0], first);
    }
  }

  /** What the driver of Mesos 1.4 does not have, called by name. */
  private Object newer(MesosSchedulerDriver driver, String name, String roles) throws Exception {
    Class<?> type = driver.getClass();
    Collection<String> list = roles.isEmpty() ? Collections.emptyList() : Arrays.asList(roles.split(","));
    if (!name.startsWith("update")) return type.getMethod(name, Collection.class).invoke(driver, list);
    FrameworkInfo.Builder info = FrameworkInfo.newBuilder((FrameworkInfo) type.getMethod("framework").invoke(driver));
    info.setId(id).clearRoles().addAllRoles(list);
    if (name.equals("updateFramework")) {
      return type.getMethod(name, FrameworkInfo.class, Collection.class).invoke(driver, info.build(), Collections.emptyList());
    }
    return type.getMethod(name, FrameworkInfo.class, Collection.class, Object.class)
        .invoke(driver, info.build(), Collections.emptyList(), new Tasks.NoHosts(list));
  }

  private Status launch(SchedulerDriver driver, String[] words) throws Exception {
    Offer offer = take();
    return driver.launchTasks(
        Collections.singletonList(offer.getId()),
        Collections.singletonList(Tasks.command(words[1], offer, Tasks.rest(words, 2))), SHORTLY);
  }

  @SuppressWarnings("deprecation")
  private Status launchOnOne(SchedulerDriver driver, String[] words) throws Exception {
    Offer offer = take();
    return driver.launchTasks(
        offer.getId(),
        Collections.singletonList(Tasks.command(words[1], offer, Tasks.rest(words, 2))), SHORTLY);
  }

  private Status accept(SchedulerDriver driver, String[] words) throws Exception {
    Offer offer = take();
    List<Offer.Operation> operations = new ArrayList<>();
    for (String id : Arrays.copyOfRange(words, 1, words.length)) {
      Offer.Operation.Builder operation = Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
      operation.getLaunchBuilder().addTaskInfos(Tasks.command(id, offer, "sleep 60"));
      operations.add(operation.build());
    }
    return driver.acceptOffers(Collections.singletonList(offer.getId()), operations, SHORTLY);
  }

  /** execute EXECUTOR TASKS COMMAND: tasks that one executor of ours runs. */
  private Status execute(SchedulerDriver driver, String[] words) throws Exception {
    Offer offer = take();
    return driver.launchTasks(
        Collections.singletonList(offer.getId()),
        Tasks.executed(words[1], words[2].split(","), offer, Tasks.rest(words, 3)), SHORTLY);
  }

  private Status reconcileMany(SchedulerDriver driver, int times, int size) throws Exception {
    String[] ids = new String[size];
    for (int i = 0; i < size; i++) ids[i] = "unknown-" + "x".repeat(200) + i;
    Collection<TaskStatus> statuses = known(ids);
    Status status = Status.DRIVER_RUNNING;
    counting = true;
    for (int i = 1; i <= times; i++) {
      status = driver.reconcileTasks(statuses);
      synchronized (this) {
        while (counted < i * size) wait(30_000);
      }
    }
    synchronized (this) {
      counting = false;
      counted = 0;
    }
    return status;
  }

  /** Makes drivers that nobody keeps. */
  private int drivers(int count) {
    for (int i = 0; i < count; i++) driver("127.0.0.1:1");
    for (int i = 0; i < 5; i++) {
      System.gc();
      System.runFinalization();
    }
    return count;
  }

  private static Collection<TaskStatus> known(String[] ids) {
    List<TaskStatus> statuses = new ArrayList<>();
    for (String id : ids) {
      statuses.add(TaskStatus.newBuilder().setTaskId(task(id)).setState(TaskState.TASK_RUNNING).build());
    }
    return statuses;
  }

  private static TaskID task(String id) {
    return TaskID.newBuilder().setValue(id).build();
  }

  private static ExecutorID executor(String id) {
    return ExecutorID.newBuilder().setValue(id).build();
  }

  private static SlaveID agent(String id) {
    return SlaveID.newBuilder().setValue(id).build();
  }

  private synchronized Offer take() throws InterruptedException {
    wanted++;
    while (offers.isEmpty()) wait(30_000);
    wanted--;
    return offers.remove(0);
  }

  private void happened(String... words) {
    say(words);
    if (throwing) throw new IllegalStateException("as was asked for");
  }

  @Override
  public void registered(SchedulerDriver driver, FrameworkID id, MasterInfo master) {
    this.id = id;
    happened("registered", id.getValue(), master.getVersion());
  }

  @Override
  public void reregistered(SchedulerDriver driver, MasterInfo master) {
    happened("reregistered", master.getVersion());
  }

  @Override
  public void disconnected(SchedulerDriver driver) {
    happened("disconnected");
  }

  @Override
  public void resourceOffers(SchedulerDriver driver, List<Offer> offered) {
    List<String> roles = new ArrayList<>();
    synchronized (this) {
      for (Offer offer : offered) {
        roles.add(offer.getAllocationInfo().getRole());
        if (offers.size() < wanted) offers.add(offer);
        else driver.declineOffer(offer.getId(), SHORTLY);
      }
      notifyAll();
    }
    happened("offers", String.join(",", roles), offered.get(0).getSlaveId().getValue());
  }

  @Override
  public void offerRescinded(SchedulerDriver driver, OfferID id) {
    happened("rescinded", id.getValue());
  }

  @Override
  public void statusUpdate(SchedulerDriver driver, TaskStatus status) {
    if (counting) {
      synchronized (this) {
        counted++;
        notifyAll();
      }
      return;
    }
    happened(
        "update", status.getTaskId().getValue(), status.getState().name(), status.getSource().name(),
        status.getData().toStringUtf8());
    driver.acknowledgeStatusUpdate(status);
  }

  @Override
  public void frameworkMessage(SchedulerDriver driver, ExecutorID executor, SlaveID agent, byte[] data) {
    happened("message", executor.getValue(), new String(data, StandardCharsets.UTF_8));
  }

  @Override
  public void slaveLost(SchedulerDriver driver, SlaveID agent) {
    happened("agent-lost", agent.getValue());
  }

  @Override
  public void executorLost(SchedulerDriver driver, ExecutorID executor, SlaveID agent, int status) {
    happened("executor-lost", executor.getValue(), String.valueOf(status));
  }

  @Override
  public void error(SchedulerDriver driver, String message) {
    happened("error", message);
  }
}
